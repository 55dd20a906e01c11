// The access log: one line for each finished request, if ACCESS_LOG enables it.
//
// Owner: the process. Main calls `init_access_log` after observe::init and before the first
// request. Thread: log_access any. Lines are buffered and written like those of the log
// (line_writer.h).
//
// Cookies, Authorization and request bodies are never written. The query string is part of the
// target and is written, as by nginx and Apache: an application that puts secrets there leaks them.
#pragma once

#include <atomic>
#include <string>

#include "base/access/access_format.h"
#include "observe/access/access_record.h"

namespace tusk::observe::inline access {

struct AccessLogSettings {
  bool enabled = false;
  base::access::AccessFormat format{};
  std::string service_name = "tusk";
  std::string file{};  // empty: the lines go where the log's go
};

void init_access_log(const AccessLogSettings& settings);

namespace detail {
inline std::atomic<bool> access_log_on{false};
}

// Call this first, to avoid gathering a record that is not logged.
inline bool access_log_enabled() noexcept {
  return detail::access_log_on.load(std::memory_order_relaxed);
}

void log_access(const AccessRecord& record) noexcept;

}  // namespace tusk::observe::inline access
