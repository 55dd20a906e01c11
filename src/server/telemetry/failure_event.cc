#include "server/telemetry/failure_event.h"

#include <string_view>

#include "exec/observation/request_event.h"
#include "server/active_request.h"

namespace tusk::server::telemetry {

namespace {

std::string_view reason_of(const ActiveRequest& request) {
  if (request.loop.drain_timed_out) return "cut off: the drain has taken too long";
  if (request.answered_by != observe::AnsweredBy::kPhp) return "tusk could not answer: see the log";
  const exec::Exchange& exchange = *request.exchange;
  if (!exchange.has_started()) return "no worker has run the script";
  if (exchange.error_status == 504) return "the script ran longer than request_timeout";
  if (exchange.error_status != 0) return "tusk has answered in place of the script: see the log";
  return "the script has answered so";
}

}  // namespace

void note_failure(const ActiveRequest& request, base::Duration took) {
  observe::Event event{.kind = observe::EventKind::kServerError,
                       .status = request.response.status(),
                       .duration_ns = took.count()};
  if (!request.has_head()) {
    event.message = "the request could not be read";
    return observe::note_event(event);
  }
  const bool noted_by_worker =
      request.exchange.reply_has(exec::Exchange::kFinished) && request.exchange->failure_noted;
  if (request.failure_noted || noted_by_worker) return;
  event.message = reason_of(request);
  exec::observation::note_request_event(request.job(), event);
}

}  // namespace tusk::server::telemetry
