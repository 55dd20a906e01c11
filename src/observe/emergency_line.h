// EmergencyLine: a line of the log that a signal handler writes before the process or the thread
// ends: in the log's format, but without a lock, an allocation or the log's thread.
//
// Async-signal-safe. Owner and thread: whoever has it on the stack (some 8 KiB).
#pragma once

#include <cstdint>
#include <string_view>

#include "observe/fixed_text.h"
#include "observe/log.h"

namespace tusk::observe {

class EmergencyLine {
 public:
  // By log's init(): what lines look like from now on.
  static void set_style(LogFormat format, std::string_view service_name);

  // Keys are literals of ours; a value that is too long loses its end.
  explicit EmergencyLine(std::string_view message, Level level = Level::kError) noexcept;
  EmergencyLine& text(std::string_view key, std::string_view value) noexcept;
  EmergencyLine& number(std::string_view key, std::uint64_t value) noexcept;
  EmergencyLine& address(std::string_view key, std::uintptr_t value) noexcept;

  // To stderr, after what the log still had to write; waits a second at most for whoever reads it.
  void write() noexcept;

 private:
  void append_stamp() noexcept;
  void append_key(std::string_view key) noexcept;

  FixedText line_;
};

}  // namespace tusk::observe
