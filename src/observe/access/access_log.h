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
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <unistd.h>

#include "base/clock.h"
#include "observe/log.h"

namespace tusk::observe {

// Everything is borrowed during the call. An empty string is written as "-" or left out.
struct AccessRecord {
  std::string_view remote_address{};  // without port; "unix" for a unix socket
  std::string_view method{};
  std::string_view target{};    // as received, still encoded
  std::string_view protocol{};  // "HTTP/1.1", "HTTP/2.0"
  std::string_view host{};
  std::string_view referer{};
  std::string_view user_agent{};
  std::string_view request_id{};
  std::string_view tls_version{};  // "TLSv1.3"; this and the next are left out for clear text
  std::string_view tls_cipher{};
  int status = 0;
  std::uint64_t body_bytes_sent = 0;
  base::Duration duration{};                   // first byte received to last byte sent
  std::optional<base::Duration> queue_wait{};  // none: it was never queued
  std::optional<unsigned> worker{};            // the PHP worker's index
};

struct AccessLogSettings {
  bool enabled = false;
  LogFormat format = LogFormat::kText;
  std::string service_name = "tusk";
  int fd = STDERR_FILENO;  // stays open while the process lives; dup2 over it to rotate
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

// Appends a complete line with its newline. Text is Apache's "combined" format followed by host=,
// id=, time=, queue= (seconds), worker= and, with TLS, tls= and cipher=. JSON is one object.
void append_access_line(std::string& out, const AccessRecord& record, LogFormat format,
                        std::string_view service_name, std::chrono::system_clock::time_point when);

}  // namespace tusk::observe
