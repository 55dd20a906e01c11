// The log: messages to the operator, on stderr or in a file, one line each.
//
// Owner: the process. Main calls `init` once, before other threads start. Thread: any.
//
// A call formats the line and appends it to a bounded buffer (observe/line_writer.h), and a thread
// of the log writes it. So a full disk, or a terminal stopped with ^S, never blocks a loop or a PHP
// worker: lines are dropped and counted instead, and the loss is logged. Before `init`, and in a
// child after fork(), the caller writes its lines itself.
//
// spdlog stamps and formats the line. Its own asynchronous queue is not used: it allocates every
// slot in advance, pays a wake-up and a write per line, and joins its thread at exit, where a
// blocked stderr would hold it for ever.
//
// A message of more than 16 KiB is shortened in the middle, with a note.
//
// Text from outside (a request target, a PHP message) may be passed as message or field: control
// characters and invalid UTF-8 are escaped in both formats, so no line can be forged.
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <fmt/core.h>

#include "base/log_level.h"
#include "base/result.h"
#include "observe/message_name.h"

namespace tusk::observe {

using Level = base::LogLevel;
using base::LogFormat;
using base::PriorityPrefix;

// LogWriter says which thread writes the lines.
enum class LogWriter : std::uint8_t {
  kOwnThread,
  kCaller,  // for a program without other threads: lines are lost while nobody reads stderr
};

struct LogSettings {
  LogFormat format = LogFormat::kText;
  Level level = Level::kInfo;
  std::string service_name = "tusk";
  LogWriter writer = LogWriter::kOwnThread;  // of the first init(); it stays
  PriorityPrefix priority_prefix = PriorityPrefix::kAuto;
  MessageName message_name = MessageName::kMessage;
};

// A value of a field that is JSON already, such as an object. It is borrowed.
struct JsonText {
  std::string_view text;
};

// A key (our own literal, snake_case) and a value, which is borrowed during the call. A field with
// an empty key is left out of the line.
struct Field {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool, JsonText>;

  template <class T>
  Field(std::string_view field_key, const T& field_value)
      : key(field_key), value(to_value(field_value)) {}

  std::string_view key;
  Value value;

 private:
  template <class T>
  static Value to_value(const T& from) {
    if constexpr (std::same_as<T, JsonText>) {
      return Value(from);
    } else if constexpr (std::same_as<T, bool>) {
      return Value(std::in_place_type<bool>, from);
    } else if constexpr (std::floating_point<T>) {
      return Value(std::in_place_type<double>, static_cast<double>(from));
    } else if constexpr (std::signed_integral<T>) {
      return Value(std::in_place_type<std::int64_t>, from);
    } else if constexpr (std::unsigned_integral<T>) {
      return Value(std::in_place_type<std::uint64_t>, from);
    } else {
      return Value(std::in_place_type<std::string_view>, std::string_view(from));
    }
  }
};

// Opens the files of the log and of the access log. An empty path means none: then the log goes to
// stderr, and the access log where the log goes. Main calls it before init(). Failed: nothing is
// changed.
base::Result<void> open_files(const std::string& log_file, const std::string& access_log_file);

// Opens the files again by their paths, after another program has moved them away (logrotate). The
// log's threads do it: the caller waits for nothing.
void reopen_files() noexcept;
// They have not done it for all files yet: what is logged now may go to an old file.
bool are_files_reopening() noexcept;

// Starts the log. A second call (reload) changes format, level and name.
void init(const LogSettings& settings);
void set_level(Level level) noexcept;

std::string_view level_name(Level level) noexcept;

namespace detail {
inline std::atomic<Level> active_level{Level::kInfo};
void vlog(Level level, fmt::string_view format, fmt::format_args args) noexcept;
}  // namespace detail

// One relaxed load. Ask this before building an expensive message.
inline bool enabled(Level level) noexcept {
  return level >= detail::active_level.load(std::memory_order_relaxed) && level != Level::kOff;
}

// log(Level::kWarn, "queue is full", {{"depth", depth}, {"client", address}});
void log(Level level, std::string_view message, std::span<const Field> fields) noexcept;
inline void log(Level level, std::string_view message,
                std::initializer_list<Field> fields = {}) noexcept {
  log(level, message, std::span<const Field>(fields.begin(), fields.size()));
}

// logf(Level::kInfo, "{} workers", count): nothing is formatted when the level is off.
template <class... Args>
void logf(Level level, fmt::format_string<Args...> format, Args&&... args) noexcept {
  if (enabled(level)) detail::vlog(level, format, fmt::make_format_args(args...));
}

inline void debug(std::string_view message, std::initializer_list<Field> fields = {}) noexcept {
  log(Level::kDebug, message, fields);
}
inline void info(std::string_view message, std::initializer_list<Field> fields = {}) noexcept {
  log(Level::kInfo, message, fields);
}
inline void warn(std::string_view message, std::initializer_list<Field> fields = {}) noexcept {
  log(Level::kWarn, message, fields);
}
inline void error(std::string_view message, std::initializer_list<Field> fields = {}) noexcept {
  log(Level::kError, message, fields);
}

// Waits until everything logged so far is written, the access log too, but at most `timeout` (a
// blocked stderr must not delay the exit). Main calls it last. Returns false if it gave up.
bool flush(std::chrono::milliseconds timeout = std::chrono::seconds(1)) noexcept;

// The process has become another user's: its writing threads give up their capabilities.
void give_up_rights() noexcept;

// For a handler of a fatal signal: writes what is pending, if that needs no waiting.
void emergency_flush() noexcept;

// Where such a handler writes its own line: the log's file, or stderr.
int emergency_descriptor() noexcept;

// "<3>": the priority that the journal reads at the beginning of a line.
std::string_view priority_prefix(Level level) noexcept;

// Lines dropped since the start because nobody read them fast enough, or a
// file could not be written.
std::uint64_t lines_dropped() noexcept;

// Logs an error that ends the program at its start. Where the log is off or in a file, stderr has
// it too: a terminal or the journal must not show an end without a word.
void start_failed(std::string_view message);

}  // namespace tusk::observe
