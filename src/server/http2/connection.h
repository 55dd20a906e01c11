// http2::Connection: a client connection that speaks HTTP/2.
//
//   connection.cc  the connection's life, input and output
//   deadlines.cc   deadlines and drain
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
#include "server/http2/stream_memory.h"
#include "server/stream_connection.h"
#include "server/write_progress.h"

namespace tusk::server::http2 {

// Moves bytes between the byte stream and the session, and keeps a Stream for each request.
//
// The coroutine serve() does only input and output. Each Stream has a coroutine of its own, so that
// a stream that waits for its worker or client does not delay another. The output of all streams is
// collected and written at the end of the loop's round.
class Connection final : public StreamConnection, private http::h2::SessionUser {
 public:
  // `initial_bytes`: bytes that were read already; may be empty.
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

  // --- for its streams ---
  LoopServices& loop() { return loop_; }
  const ListenerServices& listener() const { return listener_; }
  ConnectionFacts& facts() { return facts_; }
  http::h2::Session& session() { return session_; }
  // Asks for flush() at the end of the round: there are frames to send, or a stream has ended.
  void want_flush();
  // Calls stream.resume() when no function of nghttp2 is running any more.
  void queue_wake(Stream& stream) { to_wake_.push_back(&stream); }
  // Moves the deadline forward: expire() is called at `at` or earlier.
  void expire_by(base::MonotonicTime at) {
    if (at < deadline_) deadline_ = at;
  }
  // Limits the unsent output of all responses of this client together: above http2_unsent_bytes,
  // each script waits once it has kSqueezedBytes unsent. `changed` has new output.
  void check_unsent(Stream& changed);
  // False: the client does not read, and enough frames wait for it. Interim responses have no other
  // limit: a script may send any number of them, and no window holds them back.
  bool takes_interim() const;
  StreamMemory& memory() { return memory_; }
  // Counts a client that reads too slowly.
  void count_stall();
  // Bytes of all responses' bodies that the session has pulled.
  void count_taken(std::uint64_t bytes) { body_bytes_taken_ += bytes; }
  std::uint64_t body_bytes_taken() const { return body_bytes_taken_; }

 private:
  // The client's activity, which decides how long it may take for the next step.
  enum class Activity : std::uint8_t { kUnknown, kBusy, kNewClient, kIdle, kInHead };

  // --- connection.cc ---
  base::Detached serve();
  void receive(std::string_view bytes);
  void read();
  bool may_read() const;
  void write();
  bool write_out();
  bool wake_streams();  // true: at least one was woken
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
  StreamMemory memory_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<Stream*> to_wake_;

  std::string initial_bytes_;
  std::string out_;           // whole frames
  std::size_t out_sent_ = 0;  // of out_
  std::size_t out_limit_;     // most bytes of out_: grows while the client takes all of it
  bool readable_ = false;
  bool blocked_ = false;  // waits for room to write
  std::uint64_t body_bytes_taken_ = 0;

  base::MonotonicTime next_deadline_ = kNever;     // the earliest of the three below
  base::MonotonicTime write_deadline_ = kNever;    // the client must have read something
  base::MonotonicTime request_deadline_ = kNever;  // it must have begun a request, or ended a head
  base::MonotonicTime end_deadline_ = kNever;      // the session ends, after it was announced
  base::Duration write_wait_{};                    // time until write_deadline_ when it was set
  std::optional<WriteProgress> write_progress_;    // while write_deadline_ is set
  Activity activity_ = Activity::kUnknown;         // when request_deadline_ was set
  std::uint64_t activity_requests_ = 0;            // the number of requests then
  bool unsent_limited_ = false;                    // check_unsent() has limited the streams
  bool end_announced_ = false;
  bool open_ = true;
  bool abort_at_end_ = false;  // it read too slowly: show it that responses are incomplete
  bool running_ = false;       // serve() runs, and will write before it waits
  bool flush_wanted_ = false;
  bool violation_noted_ = false;
};

}  // namespace tusk::server::http2
