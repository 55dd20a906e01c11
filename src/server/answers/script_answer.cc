#include "server/answers/script_answer.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "exec/lost_clients.h"
#include "net/loop.h"
#include "observe/metrics.h"
#include "server/active_request.h"
#include "server/answers/error_answer.h"
#include "server/answers/script_job.h"
#include "server/development/boot_error_page.h"

namespace tusk::server::answers {

namespace {

using exec::Exchange;

// After a client has waited this long for its answer, check whether it has left. Most requests are
// answered sooner, without this system call.
constexpr base::Duration kWatchClientAfter = std::chrono::milliseconds(200);

// The logged status of a request whose client left before there was an answer, as in nginx.
constexpr int kClientClosedRequest = 499;

constexpr base::MonotonicTime kNever = base::MonotonicTime::max();

observe::Closed metric_of(exec::WaitReason reason) {
  switch (reason) {
    case exec::WaitReason::kResponseLimit:
      return observe::Closed::kWorkers;  // so many workers waited for clients that others had none
    case exec::WaitReason::kClientShare:
      return observe::Closed::kClientShare;
    case exec::WaitReason::kStoreFull:
      return observe::Closed::kStoreFull;
  }
  return observe::Closed::kWorkers;
}

}  // namespace

exec::Exchange& ScriptAnswer::exchange() const { return *request_.exchange; }

Answer ScriptAnswer::choose(ActiveRequest& request) {
  return request.route->kind == site::Route::Kind::kScript ? &answer : nullptr;
}

base::Task<bool> ScriptAnswer::answer(ActiveRequest& request) {
  ScriptAnswer script(request);
  script.fill_job();
  co_return co_await script.run();
}

void ScriptAnswer::fill_job() {
  ConnectionFacts& connection = request_.connection;
  if (connection.local.address.empty()) {
    connection.local = net::local_endpoint(connection.descriptor);
  }
  exec::Job& job = request_.job();
  fill_script_job(job, *request_.route, connection.local);
  job.tls_variables = job.store(connection.tls.variables);
}

void ScriptAnswer::fill_error_job(int status, std::string_view directory, std::string_view script) {
  site::Route& route = *request_.route;
  route.script_name = script;
  route.path_info.clear();
  route.query.reset();
  fill_job();
  make_error_job(request_.job(), status, directory, script);
}

base::Task<bool> ScriptAnswer::run() {
  request_.job().enqueued = base::now();
  request_.wakeup.lower(net::Wakeup::kReply);
  if (client_has_lost_workers()) co_return co_await ErrorAnswer::send(request_, 503);
  if (would_wait_too_long()) {
    note_rejection(observe::Rejection::kForecast, request_.loop.queue_too_long);
    co_return co_await ErrorAnswer::send(request_, 503);
  }
  if (!request_.exchange.submit(request_.site().dispatcher)) {
    note_rejection(observe::Rejection::kFull, request_.loop.queue_full);
    co_return co_await ErrorAnswer::send(request_, 503);
  }
  const Awaited awaited = co_await await_head();
  if (awaited != Awaited::kHead) co_return co_await refuse_after(awaited);
  const bool sent = co_await send_reply();
  if (!sent) {
    exchange().cancel();
    if (request_.exchange.reply_has(Exchange::kClosed)) count_closed();
  }
  co_return sent;
}

bool ScriptAnswer::would_wait_too_long() {
  DispatchPool& pool = this->pool();
  return pool.forecast.exceeds(pool.queue_timeout, pool.queue.depth(), request_.job().enqueued,
                               [&pool] { return pool.queue.taken_to_run(); });
}

DispatchPool& ScriptAnswer::pool() const {
  return request_.site().dispatcher.pool_of(request_.job());
}

void ScriptAnswer::count_rejection(observe::Rejection why) {
  request_.failure_noted = true;
  request_.loop.metrics.queue_rejected(why);
  if (observe::PoolCounters* const counters = pool().counters; counters != nullptr)
    counters->rejected(why);
}

void ScriptAnswer::note_rejection(observe::Rejection why, clients::OverloadLog& log) {
  count_rejection(why);
  log.count(request_.loop.loop.now(), pool().shown_name);
}

bool ScriptAnswer::client_has_lost_workers() {
  const exec::Job& job = request_.job();
  const base::Duration wait = request_.site().lost_clients.refused_for(job, job.enqueued);
  if (wait.count() > 0) refuse(wait);
  return wait.count() > 0;
}

// Prepares a 503, because the client has caused too many lost workers.
void ScriptAnswer::refuse(base::Duration wait) {
  request_.retry_after = wait;
  count_rejection(observe::Rejection::kLostWorkers);
  const exec::Job& job = request_.job();
  request_.loop.client_refused.count(request_.loop.loop.now(), job.view(job.origin.client_address));
}

// The same, because the pool's script does not boot. The log has the reason.
base::Task<bool> ScriptAnswer::refuse_for_pool(base::Duration wait) {
  request_.retry_after = wait;
  count_rejection(observe::Rejection::kPoolDown);
  if (development::BootErrorPage::has_one(request_)) {
    co_return co_await development::BootErrorPage::send(request_);
  }
  co_return co_await ErrorAnswer::send(request_, 503);
}

// Waits until there is a head, or there will be none.
base::Task<ScriptAnswer::Awaited> ScriptAnswer::await_head() {
  const base::MonotonicTime now = request_.loop.loop.now();
  const base::MonotonicTime queue_limit = now + pool().queue_timeout;
  request_.sink.set_deadline(std::min(now + kWatchClientAfter, queue_limit));
  for (;;) {
    if (request_.exchange.reply_has(Exchange::kInterim)) {
      const bool sent = co_await send_interim();
      if (!sent) co_return Awaited::kClientGone;
    }
    if (request_.exchange.reply_has(Exchange::kHeadReady)) break;
    if (request_.exchange.reply_has(Exchange::kAbandoned)) co_return Awaited::kAbandoned;
    if (request_.loop.drain_timed_out) co_return Awaited::kDrainTimedOut;
    request_.awaits_reply = true;
    const std::uint32_t flags =
        co_await request_.wakeup.wait(net::Wakeup::kReply | net::Wakeup::kDeadline |
                                      net::Wakeup::kDrainOver | net::Wakeup::kReadable);
    request_.awaits_reply = false;
    if ((flags & net::Wakeup::kReadable) != 0 && client_is_gone()) co_return Awaited::kClientGone;
    if ((flags & net::Wakeup::kDeadline) != 0) {
      if (request_.loop.loop.now() >= queue_limit) {
        if (request_.site().dispatcher.cancel_if_waiting(exchange()))
          co_return Awaited::kQueueTimeout;
      } else {
        request_.sink.watch_client();
        request_.sink.set_deadline(queue_limit);
      }
    }
  }
  request_.sink.set_deadline(kNever);
  // kClosed: the response was closed before any of it was sent.
  co_return request_.exchange.reply_has(Exchange::kClosed) ? Awaited::kClosed : Awaited::kHead;
}

// Answers when the script's response does not come, or must not be sent.
base::Task<bool> ScriptAnswer::refuse_after(Awaited awaited) {
  int status = 503;
  switch (awaited) {
    case Awaited::kHead:
      break;
    case Awaited::kClosed:
      count_closed();
      break;
    case Awaited::kQueueTimeout:
      note_rejection(observe::Rejection::kTimeout, request_.loop.queue_timeout);
      break;
    case Awaited::kAbandoned:
      exchange().cancel();
      request_.failure_noted = true;  // as a lost worker
      status = exchange().abandoned_status();
      break;
    case Awaited::kDrainTimedOut:
      exchange().cancel();
      break;
    case Awaited::kClientGone:
      exchange().cancel();
      request_.response.set_status_unsent(kClientClosedRequest);
      co_return false;
  }
  co_return co_await ErrorAnswer::send(request_, status);
}

void ScriptAnswer::count_closed() {
  request_.count_closed(metric_of(exchange().closed_for()));
  request_.failure_noted = true;
}

// Called when the client has closed its connection, or sends ahead. A client that has only finished
// sending may still read: a running script continues, but a waiting request is not started.
bool ScriptAnswer::client_is_gone() {
  const net::IoStatus status = request_.sink.client();
  if (status == net::IoStatus::kFailed) return true;
  return status == net::IoStatus::kClosed &&
         request_.site().dispatcher.cancel_if_waiting(exchange());
}

base::Task<bool> ScriptAnswer::send_interim() {
  request_.exchange.clear_reply_bit(Exchange::kInterim);
  std::vector<http::ResponseHead> heads;
  heads.swap(exchange().stream.lock()->interim);
  for (const http::ResponseHead& interim : heads) {
    const bool sent = co_await request_.sink.send_interim(request_.head(), interim);
    if (!sent) co_return false;
  }
  co_return true;
}

}  // namespace tusk::server::answers
