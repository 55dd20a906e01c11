// Http1Connection: one client connection that speaks HTTP/1: reads a request, has it routed and
// answered, sends the response, and again.
//
// One coroutine, serve(), is the whole life of a connection. It waits in three places only: for
// bytes (fill), for room (await_room) and for a worker (await_reply, stream_reply). In between it
// does not block, and holds no buffer while it waits for a request.
//
//   http1_connection.cc  its life and reading
//   http1_response.cc    answering
//   http1_sending.cc     bytes out
//
// Owner: the Server. Thread: its loop.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/task.h"
#include "http/h1/request_parser.h"
#include "http/h1/response_writer.h"
#include "net/plain_stream.h"
#include "net/wakeup.h"
#include "server/connection.h"

namespace tusk::server {

class Http1Connection final : public Connection, public ReplySink {
 public:
  Http1Connection(LoopServices& loop, const ListenerServices& listener, base::UniqueFd socket,
                  net::Endpoint peer);
  ~Http1Connection() override;

  void start() override { serve(); }
  void drain() override;
  void expire() override;
  bool gone() const override { return ended_ && stream_.idle(); }
  void on_reply(std::uint32_t bits) override;

 private:
  enum class Fill { ok, closed, timed_out };
  enum class Awaited { head, queue_timeout, abandoned, client_gone };

  static constexpr std::uint64_t kFairShareBytes = 256 * 1024;

  // --- http1_connection.cc ---
  base::Detached serve();
  base::Task<bool> read_request();
  base::Task<Fill> fill();
  bool begin_request();
  bool append_body(std::string_view piece);
  void end_request();
  void count_request();
  base::Task<void> linger();
  void set_deadline(base::Duration from_now);
  void release_input();
  std::string_view input() const {
    return {input_.get() + input_begin_, input_end_ - input_begin_};
  }
  void refuse(int status, bool parse_error);

  // --- http1_response.cc ---
  base::Task<bool> respond();
  base::Task<bool> respond_directly(Route& route);
  base::Task<bool> respond_with_script(const Route& route);
  base::Task<bool> respond_with_error(int status);
  base::Task<void> send_refusal();
  base::Task<Awaited> await_reply(exec::Exchange& exchange);
  base::Task<bool> send_interim(exec::Exchange& exchange);
  bool client_is_gone(exec::Exchange& exchange);
  base::Task<bool> send_reply(exec::Exchange& exchange);
  base::Task<bool> stream_reply(exec::Exchange& exchange);
  base::Task<bool> send_pieces(exec::Exchange& exchange);
  base::Task<bool> send_piece(exec::Exchange& exchange, const exec::Piece& piece);
  std::uint64_t frame_piece(std::uint64_t size);
  void write_head(const http::ResponseHead& head, const http::Framing& framing);
  bool is_head_request() const;

  // --- http1_sending.cc ---
  // Each sends everything, or returns false when the connection is broken or too slow.
  base::Task<bool> send(std::string_view first, std::string_view second, bool more);
  base::Task<bool> send_file(int fd, std::uint64_t offset, std::uint64_t length);
  base::Task<bool> await_room();
  void count_sent(std::size_t bytes);

  LoopServices& loop_;
  const ListenerServices& listener_;
  net::Wakeup wakeup_;
  net::PlainStream stream_;
  net::Endpoint peer_;
  net::Endpoint local_;
  const TrustedProxies* proxies_;  // null: the peer is not one of them
  http::h1::RequestParser parser_;

  BufferPool::Buffer input_;
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;
  bool more_may_wait_ = false;  // the last read filled the buffer
  // Bytes in and out since the connection last waited: past a share it lets others have the loop.
  std::uint64_t bytes_in_a_row_ = 0;

  // The request being read or answered; null between requests. It is owned here until it is
  // submitted, and then by the dispatcher.
  exec::Exchange* current_ = nullptr;
  std::unique_ptr<exec::Exchange> owned_;
  std::string head_out_;           // head, or chunk framing, on its way out
  http::h1::WrittenHead written_;  // of the response being sent
  std::uint64_t body_left_ = 0;    // of a `sized` body
  std::uint64_t body_sent_ = 0;
  std::uint32_t reply_bits_ = 0;  // of Exchange::State, as far as the loop has seen them
  bool chunk_open_ = false;       // the last chunk's data still lacks its line end
  int status_ = 0;
  observe::Handler handler_ = observe::Handler::kNone;
  base::MonotonicTime request_start_{};
  std::uint64_t requests_ = 0;

  int refusal_ = 0;          // answer this instead of the request, and close
  bool input_left_ = false;  // the client may still be sending: close with care
  bool draining_ = false;
  bool ended_ = false;
};

}  // namespace tusk::server
