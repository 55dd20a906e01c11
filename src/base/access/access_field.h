// AccessField: what a line of the access log can show of a request.
//
// Thread: any; constant data.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tusk::base::access {

enum class AccessField : std::uint8_t {
  kTimestamp,
  kTimeLocal,
  kMsec,
  kRemoteAddress,
  kRemoteUser,
  kRequest,
  kMethod,
  kTarget,
  kPath,
  kQuery,
  kProtocol,
  kScheme,
  kHost,
  kStatus,
  kBodyBytesSent,
  kDuration,
  kQueueWait,
  kPhpTime,
  kCpuTime,
  kMemoryPeak,
  kWorker,
  kScript,
  kAnsweredBy,
  kTlsVersion,
  kTlsCipher,
  kReferer,
  kUserAgent,
  kRequestId,
  kRequestNumber,
  kTraceId,
  kSpanId,
  kProcessId,
  kServiceName,
  kHeader,  // a field of the request's header, by its name
};

// How a value is written in JSON.
enum class AccessValue : std::uint8_t { kText, kNumber };

struct AccessFieldNames {
  AccessField field;
  std::string_view variable;  // as nginx names it, without the dollar sign
  std::string_view member;    // of a JSON line
  AccessValue value = AccessValue::kText;
};

// Names of fields, except kHeader. nginx's second names (upstream_response_time) are found too.
std::optional<AccessFieldNames> find_access_field(std::string_view name);
const AccessFieldNames& names_of(AccessField field);

}  // namespace tusk::base::access
