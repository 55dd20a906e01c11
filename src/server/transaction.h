// Transaction: a request and its response.
//
//   request_stages.cc  what a request meets on its way to an answer
//   answers/           the ways to answer
//
// Owner: the connection. Thread: its loop.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/task.h"
#include "net/wakeup.h"
#include "observe/metrics_list.h"
#include "server/active_request.h"
#include "server/dispatcher.h"
#include "server/response_sink.h"

namespace tusk::server {

// One request and its response, in any protocol. It takes the request as it arrives, has the
// listener's stages choose the answer, and writes metrics and the access log.
//
// A connection of HTTP/1 has one Transaction, which it uses again for each request. A connection of
// HTTP/2 has one for each stream.
class Transaction final : public ReplySink {
 public:
  // The response goes to `sink`, which raises flags of `wakeup`.
  Transaction(LoopServices& loop, const ListenerServices& listener, ConnectionFacts& connection,
              net::Wakeup& wakeup, ResponseSink& sink)
      : request_(loop, listener, connection, wakeup, sink, *this) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // --- taking a request: each returns 0, or the status to refuse it with ---

  // When the first byte of the request came.
  void set_received(base::MonotonicTime received) { request_.received = received; }
  // Takes the head by swapping.
  int begin(http::RequestHead& head);
  int append_body(std::string_view piece);
  int finish_body();
  // Between begin() and the end of respond() or refuse().
  bool begun() const { return request_.has_head(); }
  // The request is queued, or a worker has it.
  bool submitted() const { return request_.exchange.submitted(); }
  // ScriptAnswer waits for a worker, and nothing of the response is sent yet.
  bool awaits_reply() const { return request_.awaits_reply; }
  // Only when begun().
  const http::RequestHead& head() const { return request_.head(); }

  // Bytes that the worker has produced and the client has not received. limit_unsent() bounds them.
  std::uint64_t unsent() const { return submitted() ? request_.exchange->unsent_bytes() : 0; }
  // The end of a response that its worker has finished: memory that nothing bounds for all of them.
  std::uint64_t end_bytes() const {
    const bool finished = submitted() && request_.exchange.reply_has(exec::Exchange::kFinished);
    return finished ? request_.exchange->tail.capacity() : 0;
  }
  void limit_unsent(std::uint64_t bytes) {
    if (submitted()) request_.exchange->limit_unsent(bytes);
  }

  // --- answering: true when the whole response was sent ---

  base::Task<bool> respond();
  // Answers a request that could not be read, or not completely.
  base::Task<bool> refuse(int status);

  // ReplySink
  void on_reply(std::uint32_t bits) override;

  // The store that holds output which the client has not taken; null: none does.
  const exec::ResponseStore* store() const {
    return submitted() ? request_.exchange->store() : nullptr;
  }
  // Only when begun().
  void count_closed(observe::Closed why) { request_.count_closed(why); }

 private:
  void end();
  void write_metrics_and_log();
  int body_failed(const base::Error& error);

  ActiveRequest request_;
};

}  // namespace tusk::server
