// Telemetry: how requests are identified and recorded, as the configuration says.
//
// Owner: app::plan::ProcessPlan. Thread: any; constant once made.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "exec/job.h"
#include "rules/path_list.h"

namespace tusk::observe::tracing {
class SpanQueue;
}

namespace tusk::server::telemetry {

// The denominator of all ratios.
inline constexpr std::uint64_t kWholeRatio = 1'000'000;

struct Telemetry {
  // Give the request's id to the script and to the client.
  bool passes_request_id = false;

  // W3C Trace Context. Off: a request's fields are passed on as they came.
  enum class Traces : std::uint8_t {
    kOff,
    kFromAnyone,   // continue the trace that a request names
    kFromTrusted,  // only a trusted proxy's; others begin a new one
  };
  Traces traces = Traces::kOff;
  std::uint64_t trace_sample = kWholeRatio;      // of traces that begin here, in millionths
  observe::tracing::SpanQueue* spans = nullptr;  // null: spans are not exported

  // The measurements that logs ask for of each script.
  exec::CostMeasures measures{};

  // The access log.
  std::uint64_t access_sample = kWholeRatio;  // in millionths
  base::Duration access_slow{};               // such a request is always there
  rules::PathList access_excluded{};
};

}  // namespace tusk::server::telemetry
