// http1::Connection: a client connection that speaks HTTP/1.
//
//   connection.cc  the connection's life, reading requests
//   sending.cc     sending responses
//
// Owner: the Server. Thread: its loop.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/task.h"
#include "http/h1/request_parser.h"
#include "http/h1/response_writer.h"
#include "net/wakeup.h"
#include "server/body_progress.h"
#include "server/stream_connection.h"
#include "server/transaction.h"

namespace tusk::server {
class WriteProgress;
}

namespace tusk::server::http1 {

// Reads a request, lets the transaction answer it, frames and sends the response, and repeats.
//
// One coroutine, serve(), is the whole life of a connection. It waits for bytes (fill), for room
// (await_room), and in the transaction for a worker. It never blocks, and holds no buffer while it
// waits for a request.
class Connection final : public StreamConnection, private ResponseSink {
 public:
  Connection(LoopServices& loop, const ListenerServices& listener,
             std::unique_ptr<net::ByteStream> stream, ConnectionFacts facts);
  ~Connection() override;

  void start() override { serve(); }
  void drain() override;
  void on_drain_timeout() override;
  std::size_t unsubmitted_requests() const override;
  bool close_if_idle() override;

 private:
  enum class Fill { kOk, kClosed, kTimedOut };
  enum class Preface { kHttp1, kHttp2, kNone };
  enum class Refusal { kParseError, kOther };  // parse errors are counted

  // --- connection.cc ---
  base::Detached serve();
  base::Task<Preface> read_preface();
  void hand_over_to_http2();
  base::Task<bool> read_request();
  base::Task<Fill> fill();
  void release_input();
  std::string_view input() const {
    return {input_.get() + input_begin_, input_end_ - input_begin_};
  }
  void refuse_incomplete();
  void refuse(int status, Refusal kind);

  // --- sending.cc ---
  BodyPlan begin(const http::RequestHead* request, const http::ResponseHead& head,
                 const http::Framing& framing) override;
  base::Task<bool> send(std::string_view bytes, Next next) override;
  base::Task<bool> send_file(int fd, std::uint64_t offset, std::uint64_t length,
                             Next next) override;
  base::Task<bool> send_interim(const http::RequestHead& request,
                                const http::ResponseHead& head) override;
  void set_deadline(base::MonotonicTime at) override { StreamConnection::set_deadline(at); }
  void break_off() override { response_broken_off_ = true; }
  void watch_client() override { stream_->notify_when_readable(); }
  net::IoStatus client() override { return stream_->peek(); }

  void begin_chunk(std::uint64_t size);
  std::string_view end_of_chunk(Next next);
  // Each returns true when everything is sent, false when the connection is broken or too slow.
  base::Task<bool> write(std::string_view first, std::string_view second, std::string_view third,
                         Next next);
  base::Task<bool> copy_file(int fd, std::uint64_t offset, std::uint64_t length);
  base::Task<bool> await_room();
  bool client_takes_enough(WriteProgress& progress, base::Duration waited);

  Transaction transaction_;
  http::h1::RequestParser parser_;

  BufferPool::Buffer input_;
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;
  bool socket_may_have_more_ = false;  // the last read filled the buffer
  bool reading_request_ = false;       // read_request() runs
  bool idle_ = false;                  // waits for the first byte of a later request
  BodyProgress body_progress_;

  std::string framing_out_;        // head and chunk framing, sent before the next bytes
  http::h1::WrittenHead written_;  // of the response being sent
  bool chunk_open_ = false;        // the last chunk still lacks its line end
  bool more_promised_ = false;     // the stream may hold back the last bytes
  std::uint64_t requests_ = 0;

  int refusal_status_ = 0;            // respond with this status and close; 0: none
  bool client_may_send_ = false;      // linger before closing
  bool response_broken_off_ = false;  // send no more of the response
  bool abort_at_end_ = false;         // show the client that the response is incomplete
  bool draining_ = false;
};

}  // namespace tusk::server::http1
