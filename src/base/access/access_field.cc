#include "base/access/access_field.h"

#include <cstddef>
#include <iterator>

#include "base/check.h"

namespace tusk::base::access {

namespace {

using enum AccessField;
using enum AccessValue;

constexpr AccessFieldNames kNames[] = {
    {kTimestamp, "time_iso8601", "timestamp"},
    {kTimeLocal, "time_local", "time_local"},
    {kMsec, "msec", "time_unix", kNumber},
    {kRemoteAddress, "remote_addr", "remote_address"},
    {kRemoteUser, "remote_user", "remote_user"},
    {kRequest, "request", "request_line"},
    {kMethod, "request_method", "method"},
    {kTarget, "request_uri", "target"},
    {kPath, "uri", "path"},
    {kQuery, "args", "query"},
    {kProtocol, "server_protocol", "protocol"},
    {kScheme, "scheme", "scheme"},
    {kHost, "host", "host"},
    {kStatus, "status", "status", kNumber},
    {kBodyBytesSent, "body_bytes_sent", "body_bytes_sent", kNumber},
    {kDuration, "request_time", "duration_seconds", kNumber},
    {kQueueWait, "queue_time", "queue_seconds", kNumber},
    {kPhpTime, "php_time", "php_seconds", kNumber},
    {kCpuTime, "cpu_time", "cpu_seconds", kNumber},
    {kMemoryPeak, "memory_peak", "memory_peak_bytes", kNumber},
    {kWorker, "worker", "worker", kNumber},
    {kScript, "request_filename", "script"},
    {kAnsweredBy, "answered_by", "answered_by"},
    {kTlsVersion, "ssl_protocol", "tls_version"},
    {kTlsCipher, "ssl_cipher", "tls_cipher"},
    {kReferer, "http_referer", "referer"},
    {kUserAgent, "http_user_agent", "user_agent"},
    {kRequestId, "request_id", "request_id"},
    {kRequestNumber, "request_number", "request", kNumber},
    {kTraceId, "trace_id", "trace_id"},
    {kSpanId, "span_id", "span_id"},
    {kProcessId, "pid", "process_id", kNumber},
    {kServiceName, "service_name", "service"},
};

consteval bool in_order() {
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (static_cast<std::size_t>(kNames[i].field) != i) return false;
  }
  return std::size(kNames) == static_cast<std::size_t>(kHeader);
}
static_assert(in_order(), "names_of() looks a field up by its number");

// Other names of nginx for the same things.
constexpr AccessFieldNames kAliases[] = {
    {kPhpTime, "upstream_response_time", ""},
    {kQuery, "query_string", ""},
    {kPath, "document_uri", ""},
    {kHost, "http_host", ""},
};

}  // namespace

std::optional<AccessFieldNames> find_access_field(std::string_view name) {
  for (const AccessFieldNames& names : kNames) {
    if (names.variable == name || names.member == name) return names;
  }
  for (const AccessFieldNames& alias : kAliases) {
    if (alias.variable == name) return names_of(alias.field);
  }
  return std::nullopt;
}

const AccessFieldNames& names_of(AccessField field) {
  TUSK_CHECK(field < kHeader);
  return kNames[static_cast<std::size_t>(field)];
}

}  // namespace tusk::base::access
