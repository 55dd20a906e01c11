// ScriptAnswer: the answer to a request for a script.
//
//   script_answer.cc  the request, until there is a head
//   script_reply.cc   the response
//
// Owner: the coroutine that answers. Thread: the loop.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/task.h"
#include "clients/overload_log.h"
#include "exec/exchange.h"
#include "server/dispatcher.h"
#include "server/request_stages.h"
#include "server/response_sink.h"

namespace tusk::server::answers {

// Answers with the response of a script. It submits the request to a worker, waits for the
// response's head, and sends the response, whole or as the script writes it.
class ScriptAnswer {
 public:
  // Stage: chosen if the router has found a script.
  static Answer choose(ActiveRequest& request);

  explicit ScriptAnswer(ActiveRequest& request) : request_(request) {}
  ScriptAnswer(const ScriptAnswer&) = delete;
  ScriptAnswer& operator=(const ScriptAnswer&) = delete;

  // Completes the request's Job from its route. fill_error_job() is for a script that makes the
  // page of an error.
  void fill_job();
  void fill_error_job(int status, std::string_view directory, std::string_view script);
  // Runs the script, and sends its response.
  base::Task<bool> run();

 private:
  enum class Awaited { kHead, kClosed, kQueueTimeout, kAbandoned, kDrainTimedOut, kClientGone };

  static base::Task<bool> answer(ActiveRequest& request);

  // --- script_answer.cc ---
  bool would_wait_too_long();
  bool client_has_lost_workers();
  DispatchPool& pool() const;
  void count_rejection(observe::Rejection why);
  void note_rejection(observe::Rejection why, clients::OverloadLog& log);
  void refuse(base::Duration wait);
  base::Task<bool> refuse_for_pool(base::Duration wait);
  base::Task<Awaited> await_head();
  base::Task<bool> send_interim();
  bool client_is_gone();
  void count_closed();
  base::Task<bool> refuse_after(Awaited awaited);

  // --- script_reply.cc ---
  bool is_blank_failure() const;
  base::Task<bool> send_reply();
  base::Task<bool> stream();
  // Sends all pieces that exist now. `after` is the caller's next step.
  base::Task<bool> send_pieces(Next after);
  base::Task<bool> send_piece(const exec::Piece& piece, Next next);

  exec::Exchange& exchange() const;

  ActiveRequest& request_;
};

}  // namespace tusk::server::answers
