// CollectorUrl: where a collector of traces listens.
//
// Thread: any; a value.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tusk::base::tracing {

struct CollectorUrl {
  std::string host;  // a name or an address; an IPv6 address without brackets
  std::string port;
  std::string path;       // begins with a slash
  std::string authority;  // for the Host field
};

// "http://host:4318/v1/traces". Without a port it is 4318, without a path /v1/traces, as
// OpenTelemetry has it. Fails for https: tusk sends spans without TLS.
Result<CollectorUrl> parse_collector_url(std::string_view text);

}  // namespace tusk::base::tracing
