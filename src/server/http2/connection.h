// Connection: one client connection that speaks HTTP/2: moves bytes between the stream and the
// session, and keeps a Stream for each request.
//
// One coroutine, serve(), does the input and output and nothing else; each stream has one of its
// own, which waits for its worker and for its client without holding up another. What streams have
// to send is gathered and leaves at the end of the loop's round.
//
//   connection.cc  its life, bytes in and out
//   deadlines.cc   time
//
// Owner: the Server. Thread: its loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "http/h2/session.h"
#include "net/wakeup.h"
#include "server/http2/stream.h"
#include "server/stream_connection.h"
#include "server/write_progress.h"

namespace tusk::server::http2 {

class Connection final : public StreamConnection, private http::h2::SessionUser {
 public:
  // `initial_bytes`: what was read of it already, at least nothing.
  Connection(LoopServices& loop, const ListenerServices& listener,
             std::unique_ptr<net::ByteStream> stream, ConnectionFacts facts,
             std::string initial_bytes);
  ~Connection() override;

  void start() override { serve(); }
  void drain() override;
  void expire() override;
  void on_drain_timeout() override;
  std::size_t unsubmitted_requests() const override;
  bool close_if_idle() override;
  void flush() override;
  bool can_be_freed() const override;

  // --- of its streams ---
  LoopServices& loop() { return loop_; }
  const ListenerServices& listener() const { return listener_; }
  ConnectionFacts& facts() { return facts_; }
  http::h2::Session& session() { return session_; }
  // There is something to send, or a stream has ended.
  void want_flush();
  // Calls stream.resume() once nghttp2 is not being asked any more.
  void queue_wake(Stream& stream) { to_wake_.push_back(&stream); }
  // No later than this, expire() has to be called.
  void expire_by(base::MonotonicTime at) {
    if (at < deadline_) deadline_ = at;
  }
  // Responses that pile up for one client are bounded together: from a limit on, each script waits
  // that is more than a little ahead. `changed` has new output.
  void check_unsent(Stream& changed);
  // A client that takes too little: counted.
  void count_stall();
  // Of the bodies of all responses, what the session has pulled.
  void count_taken(std::uint64_t bytes) { body_bytes_taken_ += bytes; }
  std::uint64_t body_bytes_taken() const { return body_bytes_taken_; }

 private:
  // What the client has to do next.
  enum class Activity : std::uint8_t { kUnknown, kBusy, kNewClient, kIdle, kInHead };

  // --- connection.cc ---
  base::Detached serve();
  void receive(std::string_view bytes);
  void read();
  bool may_read() const;
  void write();
  bool write_out();
  bool wake_streams();  // whether there were any
  void sweep_streams();
  void end_streams();
  void note_violation();
  http::h2::StreamUser* on_request(http::h2::StreamId id, http::RequestHead& head,
                                   const http::Refusal& refusal, bool ended) override;

  // --- deadlines.cc ---
  void announce_end();
  void set_own_deadlines();
  const exec::ResponseStore* stored_in() const;
  Activity activity() const;
  void on_own_deadline();

  http::h2::Session session_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<Stream*> to_wake_;

  std::string initial_bytes_;
  std::string out_;           // whole frames
  std::size_t out_sent_ = 0;  // of them
  std::size_t out_limit_;     // how much is gathered: grows while the client takes all of it
  bool readable_ = false;
  bool blocked_ = false;  // waits for room
  std::uint64_t body_bytes_taken_ = 0;

  base::MonotonicTime own_deadline_ = kNever;      // of the three below
  base::MonotonicTime write_deadline_ = kNever;    // the client has to take something
  base::MonotonicTime request_deadline_ = kNever;  // it has to begin a request, or end one's head
  base::MonotonicTime end_deadline_ = kNever;      // after the announcement, the end
  base::Duration write_wait_{};                    // how long until then it was when that was set
  std::optional<WriteProgress> write_progress_;    // while write_deadline_ is set
  Activity activity_ = Activity::kUnknown;         // since request_deadline_ was set
  std::uint64_t activity_requests_ = 0;            // how many there had been then
  bool squeezed_ = false;                          // check_unsent() has limited the streams
  bool end_announced_ = false;
  bool open_ = true;
  bool abort_at_end_ = false;  // it took too little: it is to see that this is no proper end
  bool running_ = false;       // serve() does not wait: it will write
  bool flush_wanted_ = false;
  bool violation_noted_ = false;
};

}  // namespace tusk::server::http2
