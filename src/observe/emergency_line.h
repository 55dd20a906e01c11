// EmergencyLine: a line of the log that a signal handler writes before the process or thread ends.
//
// Async-signal-safe. Owner and thread: the handler, on its stack (some 8 KiB).
#pragma once

#include <cstdint>
#include <string_view>

#include "observe/fixed_text.h"
#include "observe/log.h"

namespace tusk::observe {

// Has the log's format, but needs no lock, no allocation and no thread.
class EmergencyLine {
 public:
  // Sets the format of all later lines. Called by the log's init().
  static void set_style(LogFormat format, std::string_view service_name, bool priority_prefix);

  // Keys are our own literals. A value that is too long is cut at its end.
  explicit EmergencyLine(std::string_view message, Level level = Level::kError) noexcept;
  EmergencyLine& text(std::string_view key, std::string_view value) noexcept;
  EmergencyLine& number(std::string_view key, std::uint64_t value) noexcept;
  EmergencyLine& address(std::string_view key, std::uintptr_t value) noexcept;

  // Writes the log's pending lines and then this one to its file or to stderr. Waits at most a
  // second for the reader.
  void write() noexcept;

 private:
  void append_stamp() noexcept;
  void append_key(std::string_view key) noexcept;

  FixedText line_;
};

}  // namespace tusk::observe
