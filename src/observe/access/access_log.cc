#include "observe/access/access_log.h"

#include <ctime>
#include <iterator>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "observe/escape.h"
#include "observe/writers.h"

namespace tusk::observe {
namespace {

constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Style {
  LogFormat format;
  std::string service_name;
};

// Styles are never freed: a thread may still use one that a reload has replaced.
std::atomic<const Style*> active_style{nullptr};

void set_style(const AccessLogSettings& settings) {
  static auto& kept = *new std::vector<std::unique_ptr<const Style>>;
  kept.push_back(std::make_unique<const Style>(settings.format, settings.service_name));
  active_style.store(kept.back().get(), std::memory_order_release);
}

// "0.001234". Not through a double, whose formatting costs more than the rest of the line.
void append_seconds(std::string& out, base::Duration duration) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  const auto positive = static_cast<std::uint64_t>(us > 0 ? us : 0);
  fmt::format_to(std::back_inserter(out), "{}.{:06}", positive / 1'000'000, positive % 1'000'000);
}

std::tm utc(std::chrono::system_clock::time_point when) {
  const std::time_t time = std::chrono::system_clock::to_time_t(when);
  thread_local std::time_t last_time = 0;  // many lines are in the same second
  thread_local std::tm last{};
  if (time != last_time || last.tm_mday == 0) {
    gmtime_r(&time, &last);
    last_time = time;
  }
  return last;
}

void append_or_dash(std::string& out, std::string_view value) {
  value.empty() ? out.push_back('-') : append_ascii_escaped(out, value);
}

// 127.0.0.1 - - [31/Jan/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8" host=…
void append_text(std::string& out, const AccessRecord& record,
                 std::chrono::system_clock::time_point when) {
  const std::tm at = utc(when);
  append_or_dash(out, record.remote_address);
  fmt::format_to(std::back_inserter(out), " - - [{:02}/{}/{}:{:02}:{:02}:{:02} +0000] \"",
                 at.tm_mday, kMonths[at.tm_mon], at.tm_year + 1900, at.tm_hour, at.tm_min,
                 at.tm_sec);
  append_or_dash(out, record.method);
  if (!record.method.empty()) {
    out.push_back(' ');
    append_ascii_escaped(out, record.target);
    out.push_back(' ');
    append_ascii_escaped(out, record.protocol);
  }
  fmt::format_to(std::back_inserter(out), "\" {} {} \"", record.status, record.body_bytes_sent);
  append_or_dash(out, record.referer);
  out.append("\" \"");
  append_or_dash(out, record.user_agent);
  out.append("\" host=");
  append_or_dash(out, record.host);
  out.append(" id=");
  append_or_dash(out, record.request_id);
  out.append(" time=");
  append_seconds(out, record.duration);
  out.append(" queue=");
  if (record.queue_wait) {
    append_seconds(out, *record.queue_wait);
  } else {
    out.push_back('-');
  }
  out.append(" worker=");
  if (record.worker) {
    fmt::format_to(std::back_inserter(out), "{}", *record.worker);
  } else {
    out.push_back('-');
  }
  if (!record.tls_version.empty()) {
    out.append(" tls=").append(record.tls_version).append(" cipher=").append(record.tls_cipher);
  }
  out.push_back('\n');
}

void append_member(std::string& out, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  out.append(",\"").append(key).append("\":\"");
  append_json_escaped(out, value);
  out.push_back('"');
}

void append_json(std::string& out, const AccessRecord& record, std::string_view service_name,
                 std::chrono::system_clock::time_point when) {
  const std::tm at = utc(when);
  const auto since_1970 = std::chrono::floor<std::chrono::milliseconds>(when.time_since_epoch());
  fmt::format_to(std::back_inserter(out),
                 R"({{"timestamp":"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z","type":"access")",
                 at.tm_year + 1900, at.tm_mon + 1, at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec,
                 since_1970.count() % 1000);
  append_member(out, "service", service_name);
  append_member(out, "remote_address", record.remote_address);
  append_member(out, "method", record.method);
  append_member(out, "target", record.target);
  append_member(out, "protocol", record.protocol);
  append_member(out, "host", record.host);
  fmt::format_to(std::back_inserter(out),
                 R"(,"status":{},"body_bytes_sent":{},"duration_seconds":)", record.status,
                 record.body_bytes_sent);
  append_seconds(out, record.duration);
  if (record.queue_wait) {
    out.append(R"(,"queue_seconds":)");
    append_seconds(out, *record.queue_wait);
  }
  if (record.worker) {
    fmt::format_to(std::back_inserter(out), R"(,"worker":{})", *record.worker);
  }
  append_member(out, "tls_version", record.tls_version);
  append_member(out, "tls_cipher", record.tls_cipher);
  append_member(out, "referer", record.referer);
  append_member(out, "user_agent", record.user_agent);
  append_member(out, "request_id", record.request_id);
  out.append("}\n");
}

}  // namespace

void init_access_log(const AccessLogSettings& settings) {
  set_style(settings);
  if (settings.enabled) set_access_fd(settings.fd);
  detail::access_log_on.store(settings.enabled, std::memory_order_release);
}

void append_access_line(std::string& out, const AccessRecord& record, LogFormat format,
                        std::string_view service_name, std::chrono::system_clock::time_point when) {
  if (format == LogFormat::kJson) {
    append_json(out, record, service_name, when);
  } else {
    append_text(out, record, when);
  }
}

void log_access(const AccessRecord& record) noexcept {
  if (!access_log_enabled()) return;
  const Style* style = active_style.load(std::memory_order_acquire);
  try {
    thread_local std::string line;  // keeps its capacity
    line.clear();
    append_access_line(line, record, style->format, style->service_name,
                       std::chrono::system_clock::now());
    access_writer().append(line, LineWriter::Urgency::kCanWait);
  } catch (...) {
    // Out of memory: there is no way to report it.
  }
}

}  // namespace tusk::observe
