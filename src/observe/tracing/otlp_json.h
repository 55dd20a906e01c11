// Spans as OTLP in JSON: an ExportTraceServiceRequest (opentelemetry-proto 1.x).
//
// Pure functions. Thread: any.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "observe/tracing/request_trace.h"

namespace tusk::observe::tracing {

// The process that the spans come from.
struct Resource {
  std::string service_name;
  std::string version;
  std::string host;
};

Resource resource_of_process(std::string service_name);

// Attribute names are those of OpenTelemetry's semantic conventions for HTTP servers.
std::string to_otlp_json(std::span<const RequestTrace> traces, const Resource& resource);

}  // namespace tusk::observe::tracing
