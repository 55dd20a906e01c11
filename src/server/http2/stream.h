// Stream: one request of an HTTP/2 connection, between the session, which brings its frames
// and pulls its response, and its Transaction, which pushes one.
//
// Owner: the Connection, until can_be_freed(). Thread: its loop. What the session calls is called
// from within nghttp2: nothing is resumed there, but by resume() afterwards.
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

class Stream final : public http::h2::StreamUser, private ResponseSink {
 public:
  Stream(Connection& connection, http::h2::StreamId id);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // The request's head has come. `ended`: that is all of it.
  void take_head(http::RequestHead& head, const http::Refusal& refusal, bool ended);
  // Begins to answer what can be answered; resumes what waits.
  void resume();
  // The connection has ended, or the session has closed the stream.
  void on_closed(http::h2::ErrorCode code) override;

  base::MonotonicTime deadline() const { return deadline_; }
  void expire();
  // As those of the connection.
  void on_drain_timeout();
  bool is_unsubmitted() const { return !answered_ && !closed_ && !transaction_.submitted(); }

  std::uint64_t unsent() const { return transaction_.unsent(); }
  void limit_unsent(std::uint64_t bytes) { transaction_.limit_unsent(bytes); }
  const exec::ResponseStore* store() const { return transaction_.store(); }

  // Nobody refers to it any more.
  bool can_be_freed() const { return closed_ && (answered_ || !answering_); }

  // StreamUser
  void on_body(std::string_view piece) override;
  void on_end() override;
  void on_answered_early() override;
  Available body_available(std::size_t most) override;
  bool take_body(std::size_t count, std::string& out) override;

 private:
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
  void watch_client() override {}  // on_closed() tells
  net::IoStatus client() override;

  base::Task<bool> offer(Next next);
  base::Task<void> await_client();
  bool client_takes_enough();
  std::uint64_t unpulled() const { return file_ >= 0 ? file_unpulled_ : bytes_.size(); }

  Connection& connection_;
  const http::h2::StreamId id_;
  net::Wakeup wakeup_;
  Transaction transaction_;
  base::MonotonicTime deadline_ = base::MonotonicTime::max();
  BodyProgress body_progress_;
  StreamProgress progress_;

  // What of the response may be pulled: bytes, or a part of a file.
  std::string_view bytes_;
  int file_ = -1;
  std::uint64_t file_offset_ = 0;
  std::uint64_t file_unpulled_ = 0;
  bool last_ = false;  // nothing follows it

  int refusal_status_ = 0;
  bool body_follows_ = false;     // after the response's head
  bool ready_to_answer_ = false;  // to be answered
  bool answering_ = false;
  bool answered_ = false;        // the transaction is over
  bool head_sent_ = false;       // a head was sent
  bool answered_early_ = false;  // all of the response was, and the request is not complete
  bool closed_ = false;
  bool response_broken_off_ = false;  // what waits for the client waits in vain
  bool wake_queued_ = false;          // the connection will call resume()
};

}  // namespace tusk::server::http2
