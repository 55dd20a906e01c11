#include "server/telemetry/request_identity.h"

#include <algorithm>
#include <optional>
#include <string>

#include "http/token.h"
#include "server/active_request.h"
#include "server/telemetry/telemetry.h"

namespace tusk::server::telemetry {

namespace {

constexpr std::string_view kRequestId = "X-Request-Id";
constexpr std::string_view kRequestIdLower = "x-request-id";

// Sets the field in the request's head, and removes others of that name.
void set_field(http::RequestHead& head, std::string_view name, std::string_view lower_case_name,
               http::Span value) {
  const auto has_name = [&](const http::HeaderField& field) {
    return http::equals_lower(head.view(field.name), lower_case_name);
  };
  const auto first = std::ranges::find_if(head.fields, has_name);
  if (first == head.fields.end()) {
    head.fields.push_back({head.append(name), value});
    return;
  }
  first->value = value;
  head.fields.erase(std::remove_if(first + 1, head.fields.end(), has_name), head.fields.end());
}

}  // namespace

int settle_request_id(ActiveRequest& request) {
  exec::Job& job = request.job();
  http::RequestHead& head = job.head;
  if (request.connection.proxies != nullptr) {
    const http::HeaderField* const field = head.find_field(kRequestIdLower);
    if (field != nullptr && http::RequestId::is_valid(head.view(field->value))) {
      job.given_id = field->value;
    }
  }
  const Telemetry* const telemetry = request.listener.telemetry;
  if (telemetry == nullptr || !telemetry->passes_request_id) return 0;
  if (job.given_id.length == 0) {
    job.given_id = head.append(http::RequestId::made_for(job.request_id).view());
  }
  set_field(head, kRequestId, kRequestIdLower, job.given_id);
  return 0;
}

void add_request_id(ActiveRequest& request, http::ResponseHead& response) {
  const Telemetry* const telemetry = request.listener.telemetry;
  if (telemetry == nullptr || !telemetry->passes_request_id || !request.has_head()) return;
  if (response.contains(kRequestId)) return;
  response.add(kRequestId, request.job().view(request.job().given_id));
}

namespace {

constexpr std::string_view kTraceparent = "traceparent";
constexpr std::string_view kTracestate = "tracestate";
constexpr std::string_view kTraceresponse = "traceresponse";

std::size_t count_fields(const http::RequestHead& head, std::string_view lower_case_name) {
  return static_cast<std::size_t>(std::ranges::count_if(head.fields, [&](const auto& field) {
    return http::equals_lower(head.view(field.name), lower_case_name);
  }));
}

void remove_fields(http::RequestHead& head, std::string_view lower_case_name) {
  std::erase_if(head.fields, [&](const auto& field) {
    return http::equals_lower(head.view(field.name), lower_case_name);
  });
}

// Several fields are one list (§3.3.1).
std::string whole_tracestate(const http::RequestHead& head) {
  std::string whole;
  for (const http::HeaderField& field : head.fields) {
    if (!http::equals_lower(head.view(field.name), kTracestate)) continue;
    if (!whole.empty()) whole.push_back(',');
    whole.append(head.view(field.value));
  }
  return whole;
}

// The numbers are those of the request: nothing is drawn, and a request has the same ones always.
constexpr unsigned kTraceHighLane = 3;
constexpr unsigned kTraceLowLane = 4;
constexpr unsigned kSpanLane = 5;

std::uint64_t not_zero(std::uint64_t number) { return number != 0 ? number : 1; }

http::TraceContext new_trace(std::uint64_t request_number, std::uint64_t sample) {
  http::TraceContext trace;
  trace.trace_high = http::random_bits_of(request_number, kTraceHighLane);
  trace.trace_low = not_zero(http::random_bits_of(request_number, kTraceLowLane));
  const bool sampled = sample >= kWholeRatio || trace.trace_low % kWholeRatio < sample;
  trace.flags = sampled ? http::TraceContext::kSampled : std::uint8_t{0};
  return trace;
}

}  // namespace

int settle_trace(ActiveRequest& request) {
  using Traces = Telemetry::Traces;
  const Telemetry* const telemetry = request.listener.telemetry;
  if (telemetry == nullptr || telemetry->traces == Traces::kOff) return 0;
  exec::Job& job = request.job();
  http::RequestHead& head = job.head;
  std::optional<http::TraceContext> given;
  const bool may_give =
      telemetry->traces == Traces::kFromAnyone || request.connection.proxies != nullptr;
  if (may_give && count_fields(head, kTraceparent) == 1) {
    given = http::parse_traceparent(head.find(kTraceparent));
  }
  // A tracestate belongs to its traceparent (§3.3): without a valid one it is dropped.
  std::string state;
  if (head.contains(kTracestate)) {
    if (given) state = whole_tracestate(head);
    remove_fields(head, kTracestate);
    if (!http::is_tracestate(state)) state.clear();
  }
  if (!state.empty()) head.fields.push_back({head.append(kTracestate), head.append(state)});
  job.trace = given ? *given : new_trace(job.request_id, telemetry->trace_sample);
  job.trace.span = not_zero(http::random_bits_of(job.request_id, kSpanLane));
  set_field(head, kTraceparent, kTraceparent, head.append(http::to_traceparent(job.trace)));
  return 0;
}

void add_trace(ActiveRequest& request, http::ResponseHead& response) {
  if (!request.has_head() || !request.job().trace.on()) return;
  response.set(kTraceresponse, http::to_traceparent(request.job().trace));
}

}  // namespace tusk::server::telemetry
