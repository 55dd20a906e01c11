// How severe a log line is, and how lines are written: options choose both, and the log obeys them.
//
// Thread: any; values.
#pragma once

#include <cstdint>

namespace tusk::base {

// In the order of severity.
enum class LogLevel : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kOff };

enum class LogFormat : std::uint8_t {
  kText,  // 2026-01-31T12:00:00.123Z info    message key=value
  kJson,  // {"timestamp":…,"level":…,"service":…,"message":…,"key":value}
};

// Whether lines on stderr begin with their priority, "<3>", as systemd's journal reads it
// (sd-daemon(3)).
enum class PriorityPrefix : std::uint8_t {
  kAuto,  // if stderr is the journal
  kOn,
  kOff,
};

}  // namespace tusk::base
