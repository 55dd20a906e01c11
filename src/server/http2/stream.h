// Stream: one request of an HTTP/2 connection.
//
// Owner: the Connection, until can_be_freed(). Thread: its loop. The session calls a stream from
// within nghttp2, where no coroutine may be resumed; resume() does that afterwards.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/task.h"
#include "http/h2/session.h"
#include "net/wakeup.h"
#include "server/body_progress.h"
#include "server/http2/stream_progress.h"
#include "server/response_sink.h"
#include "server/transaction.h"

namespace tusk::server::http2 {

class Connection;

// Connects the session, which delivers the request's frames and pulls the response, and the
// Transaction, which pushes the response.
class Stream final : public http::h2::StreamUser, private ResponseSink {
 public:
  Stream(Connection& connection, http::h2::StreamId id);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // What a request with that head holds (StreamMemory).
  static std::uint64_t held_by(const http::RequestHead& head);

  // Receives the request's head. `ended`: the request has no body.
  void take_head(http::RequestHead& head, const http::Refusal& refusal, bool ended);
  // Begins to respond if the request is complete or refused, or resumes the waiting coroutine.
  void resume();
  // The connection has ended, or the session has closed the stream.
  void on_closed(http::h2::ErrorCode code) override;

  base::MonotonicTime deadline() const { return deadline_; }
  void expire();
  // The connection calls these for its own on_drain_timeout() and unsubmitted_requests().
  void on_drain_timeout();
  bool is_unsubmitted() const { return !answered_ && !closed_ && !transaction_.submitted(); }

  std::uint64_t unsent() const { return transaction_.unsent(); }
  void limit_unsent(std::uint64_t bytes) { transaction_.limit_unsent(bytes); }
  const exec::ResponseStore* store() const { return transaction_.store(); }

  // It has ended and nothing refers to it.
  bool can_be_freed() const { return closed_ && (answered_ || !answering_); }

  // StreamUser
  void on_body(std::string_view piece) override;
  void on_end() override;
  void on_answered_early() override;
  Available body_available(std::size_t most) override;
  bool take_body(std::size_t count, std::string& out) override;

 private:
  void hold(std::uint64_t bytes);
  base::Detached answer();
  void refuse(int status);
  void set_body_deadline();
  void queue_answer();
  void schedule_stop();

  // ResponseSink
  BodyPlan begin(const http::RequestHead* request, const http::ResponseHead& head,
                 const http::Framing& framing) override;
  base::Task<bool> send(std::string_view bytes, Next next) override;
  base::Task<bool> send_file(int fd, std::uint64_t offset, std::uint64_t length,
                             Next next) override;
  base::Task<bool> send_interim(const http::RequestHead& request,
                                const http::ResponseHead& head) override;
  void set_deadline(base::MonotonicTime at) override;
  void break_off() override { response_broken_off_ = true; }
  void on_output() override;
  void watch_client() override {}  // on_closed() reports that it left
  net::IoStatus client() override;

  base::Task<bool> offer(Next next);
  base::Task<void> await_client();
  bool client_takes_enough();
  bool waits_for_client() const { return unpulled() > 0 && !closed_ && !response_broken_off_; }
  std::uint64_t unpulled() const { return file_ >= 0 ? file_unpulled_ : bytes_.size(); }

  Connection& connection_;
  const http::h2::StreamId id_;
  net::Wakeup wakeup_;
  Transaction transaction_;
  base::MonotonicTime deadline_ = base::MonotonicTime::max();
  BodyProgress body_progress_;
  StreamProgress progress_;

  // The part of the response that the session may pull: bytes, or a part of a file.
  std::string_view bytes_;
  int file_ = -1;
  std::uint64_t file_offset_ = 0;
  std::uint64_t file_unpulled_ = 0;
  bool last_ = false;  // the response ends with it

  std::uint64_t held_ = 0;       // counted by the connection's StreamMemory
  std::uint64_t held_head_ = 0;  // of it, by the head
  int refusal_status_ = 0;
  bool body_follows_ = false;     // a body follows the response's head
  bool ready_to_answer_ = false;  // complete or refused
  bool answering_ = false;
  bool answered_ = false;        // the transaction has ended
  bool head_sent_ = false;       // the response's head
  bool answered_early_ = false;  // the whole response was sent before the request was complete
  bool closed_ = false;
  bool response_broken_off_ = false;  // send no more of the response
  bool wake_queued_ = false;          // the connection will call resume()
};

}  // namespace tusk::server::http2
