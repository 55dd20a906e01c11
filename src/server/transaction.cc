#include "server/transaction.h"

#include <optional>
#include <utility>

#include "files/file_cache.h"
#include "net/loop.h"
#include "server/answers/error_answer.h"
#include "server/request_stages.h"
#include "server/telemetry/request_record.h"
#include "server/telemetry/telemetry.h"

namespace tusk::server {

// --- taking a request ---

int Transaction::begin(http::RequestHead& head) {
  request_.exchange.take();
  exec::Job& job = request_.job();
  std::swap(job.head, head);
  job.received = request_.received;
  job.request_id = request_.loop.last_request_id += request_.loop.request_id_step;
  if (const auto* const telemetry = request_.listener.telemetry; telemetry != nullptr) {
    job.measures = telemetry->measures;
  }
  return check_head(request_.listener.stages, request_);
}

int Transaction::append_body(std::string_view piece) {
  const ConnectionLimits& limits = request_.listener.limits;
  http::BodyBuffer& body = request_.job().body;
  if (body.empty()) body.set_client(request_.client());
  if (body.size() + piece.size() > limits.body_bytes) return 413;
  const base::Result<void> appended = body.append(piece, limits.body_spool);
  return appended ? 0 : body_failed(appended.error());
}

int Transaction::finish_body() {
  const base::Result<void> finished =
      request_.job().body.finish(request_.listener.limits.body_spool);
  return finished ? 0 : body_failed(finished.error());
}

int Transaction::body_failed(const base::Error& error) {
  request_.loop.bodies_lost.count(request_.loop.loop.now(), error.message);
  request_.failure_noted = true;
  const http::BodyBuffer& body = request_.job().body;
  if (body.exceeds_file_size()) return 413;  // as for a body beyond request_body_bytes
  return body.lacks_space() ? 503 : 500;
}

// --- answering ---

base::Task<bool> Transaction::respond() {
  request_.reset_response();
  const Answer answer = choose_answer(request_.listener.stages, request_);
  const bool sent = co_await answer(request_);
  // A request that was refused before it was routed is not counted here.
  if (!sent && request_.route != nullptr && request_.listener.counted) {
    request_.loop.metrics.add<observe::Metric::kResponsesAborted>();
  }
  end();
  co_return sent;
}

base::Task<bool> Transaction::refuse(int status) {
  request_.reset_response();
  const bool sent = co_await answers::ErrorAnswer::send(request_, status);
  end();
  co_return sent;
}

void Transaction::on_reply(std::uint32_t bits) {
  request_.site().files.note_script_answer();
  request_.exchange.add_reply_bits(bits);
  request_.sink.on_output();
  std::uint32_t flags = net::Wakeup::kReply;
  const bool closed = (bits & exec::Exchange::kClosed) != 0;
  if (closed && request_.response.status() != 0) {  // some of it was sent
    request_.sink.break_off();
    flags |= net::Wakeup::kBrokenOff;
  }
  request_.wakeup.raise(flags);
}

// --- the end ---

// The response is sent, or given up.
void Transaction::end() {
  write_metrics_and_log();
  request_.exchange.release();
  request_.retry_after = base::Duration::zero();
  request_.failure_noted = false;
}

void Transaction::write_metrics_and_log() {
  if (!request_.listener.counted) return;
  const base::MonotonicTime now = base::now();
  request_.loop.metrics.request_done(request_.answered_by, request_.response.status(),
                                     now - request_.received);
  telemetry::record(request_, now);
}

}  // namespace tusk::server
