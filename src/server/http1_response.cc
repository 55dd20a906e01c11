// Http1Connection: from a request that is complete to a response that is sent.

#include <algorithm>
#include <utility>

#include <fcntl.h>

#include "observe/log.h"
#include "server/error_response.h"
#include "server/http1_connection.h"
#include "server/script_job.h"

namespace tusk::server {

namespace {

constexpr std::string_view kServerName = "tusk";

}  // namespace

bool Http1Connection::is_head_request() const {
  const http::RequestHead& head = current_->job.head;
  return head.view(head.method) == "HEAD";
}

// Each of these returns whether the connection can take another request.

base::Task<bool> Http1Connection::respond() {
  body_sent_ = 0;
  status_ = 0;
  Route& route = listener_.router.route(current_->job.head, loop_.date.seconds());
  handler_ = route.handler;
  bool sent = false;
  if (route.kind == Route::Kind::script) {
    sent = co_await respond_with_script(route);
  } else {
    sent = co_await respond_directly(route);
  }
  if (!sent && listener_.counted) loop_.metrics.add<observe::Metric::kResponsesAborted>();
  end_request();
  co_return sent&& written_.keep_alive;
}

// What the route holds is the router's until the first wait: it is taken before.
base::Task<bool> Http1Connection::respond_directly(Route& route) {
  const files::FileBody file = std::move(route.response.body);
  const std::string body = std::move(route.body);
  write_head(route.response.head, route.response.framing);
  const bool with_body = written_.coding != http::h1::BodyCoding::none;
  if (with_body && file.fd) {
    body_sent_ = file.length;
    const bool head_sent = co_await send(head_out_, {}, true);
    if (!head_sent) co_return false;
    co_return co_await send_file(file.fd.get(), file.offset, file.length);
  }
  const std::string_view bytes = with_body ? std::string_view(body) : std::string_view();
  body_sent_ = bytes.size();
  co_return co_await send(head_out_, bytes, false);
}

base::Task<bool> Http1Connection::respond_with_error(int status) {
  http::ResponseHead head;
  std::string body;
  make_error_response(status, head, body);
  write_head(head, http::Framing::known(body.size()));
  const bool with_body = written_.coding != http::h1::BodyCoding::none;
  body_sent_ = with_body ? body.size() : 0;
  co_return co_await send(head_out_, with_body ? std::string_view(body) : std::string_view(),
                          false);
}

// The request could not be read; what it was may be unknown.
base::Task<void> Http1Connection::send_refusal() {
  handler_ = observe::Handler::kNone;
  http::ResponseHead head;
  std::string body;
  make_error_response(refusal_, head, body);
  http::h1::ResponseContext context;
  context.keep_alive = false;
  context.head_request = current_ != nullptr && is_head_request();
  context.date = loop_.date.text();
  context.server = kServerName;
  head_out_.clear();
  written_ =
      http::h1::append_response_head(head_out_, head, http::Framing::known(body.size()), context);
  if (written_.coding == http::h1::BodyCoding::none) body.clear();
  status_ = refusal_;
  body_sent_ = body.size();
  co_await send(head_out_, body, false);
  end_request();
}

base::Task<bool> Http1Connection::respond_with_script(const Route& route) {
  if (local_.address.empty()) local_ = net::local_endpoint(stream_.descriptor());
  fill_script_job(current_->job, route, peer_, local_);
  current_->job.enqueued = base::now();
  reply_bits_ = 0;
  wakeup_.lower(net::Wakeup::kReply);
  if (loop_.dispatcher->submit(owned_, *this) == nullptr) {
    loop_.metrics.queue_rejected(observe::Rejection::kFull);
    co_return co_await respond_with_error(503);
  }
  const bool taken = co_await await_reply(*current_);
  if (!taken) {
    loop_.metrics.queue_rejected(observe::Rejection::kTimeout);
    co_return co_await respond_with_error(503);
  }
  const bool sent = co_await send_reply(*current_);
  if (!sent) current_->cancel();
  co_return sent;
}

void Http1Connection::on_reply(std::uint32_t bits) {
  reply_bits_ |= bits;
  wakeup_.raise(net::Wakeup::kReply);
}

// Until there is a head. False: the request waited in the queue for too long, and is out of it.
base::Task<bool> Http1Connection::await_reply(exec::Exchange& exchange) {
  set_deadline(listener_.limits.queue_timeout);
  while ((reply_bits_ & exec::Exchange::kHeadReady) == 0) {
    const std::uint32_t flags = co_await wakeup_.wait(net::Wakeup::kReply | net::Wakeup::kDeadline);
    if ((flags & net::Wakeup::kDeadline) != 0 && exchange.cancel_if_waiting()) co_return false;
  }
  deadline_ = kNever;
  co_return true;
}

base::Task<bool> Http1Connection::send_reply(exec::Exchange& exchange) {
  const bool whole = (reply_bits_ & exec::Exchange::kFinished) != 0 && exchange.unsent_bytes() == 0;
  // The script of a HEAD request writes no body: its length is what the script says, if it does.
  const bool length_known = whole && !is_head_request();
  write_head(exchange.head,
             length_known ? http::Framing::known(exchange.tail.size()) : http::Framing::declared());
  if (!whole) co_return co_await stream_reply(exchange);
  const bool with_body = written_.coding != http::h1::BodyCoding::none;
  const std::string_view body = with_body ? std::string_view(exchange.tail) : std::string_view();
  body_sent_ = body.size();
  co_return co_await send(head_out_, body, false);
}

// A response in pieces, some of which the script has still to write.
base::Task<bool> Http1Connection::stream_reply(exec::Exchange& exchange) {
  const bool head_sent = co_await send(head_out_, {}, exchange.unsent_bytes() > 0);
  if (!head_sent) co_return false;
  body_left_ = written_.length;
  chunk_open_ = false;
  for (;;) {
    // Looked at before the pieces are taken: what was written before the end is among them then.
    const bool finished = (reply_bits_ & exec::Exchange::kFinished) != 0;
    const bool sent = co_await send_pieces(exchange);
    if (!sent) co_return false;
    if (finished) break;
    co_await wakeup_.wait(net::Wakeup::kReply);
  }
  const std::uint64_t length = frame_piece(exchange.tail.size());
  body_sent_ += length;
  const std::string_view rest = std::string_view(exchange.tail).substr(0, length);
  bool sent = co_await send(head_out_, rest, false);
  if (sent && written_.coding == http::h1::BodyCoding::chunked) {
    head_out_.assign(chunk_open_ ? http::h1::kChunkEnd : std::string_view());
    head_out_.append(http::h1::kLastChunk);
    sent = co_await send(head_out_, {}, false);
  }
  // Fewer bytes than announced: only closing tells the client.
  co_return sent && (written_.coding != http::h1::BodyCoding::sized || body_left_ == 0);
}

// How much of a piece goes out; head_out_ is then what goes before it.
std::uint64_t Http1Connection::frame_piece(std::uint64_t size) {
  head_out_.clear();
  switch (written_.coding) {
    case http::h1::BodyCoding::none:
      return 0;
    case http::h1::BodyCoding::until_close:
      return size;
    case http::h1::BodyCoding::sized:
      size = std::min(size, body_left_);
      body_left_ -= size;
      return size;
    case http::h1::BodyCoding::chunked:
      if (size == 0) return 0;
      if (chunk_open_) head_out_.append(http::h1::kChunkEnd);
      http::h1::append_chunk_header(head_out_, size);
      chunk_open_ = true;
      return size;
  }
  return 0;
}

base::Task<bool> Http1Connection::send_pieces(exec::Exchange& exchange) {
  std::vector<exec::Piece> pieces;
  pieces.swap(exchange.stream.lock()->pieces);
  for (const exec::Piece& piece : pieces) {
    const bool sent = co_await send_piece(exchange, piece);
    if (!sent) co_return false;
    exchange.consumed(piece.size());
  }
  co_return true;
}

base::Task<bool> Http1Connection::send_piece(exec::Exchange& exchange, const exec::Piece& piece) {
  const std::uint64_t length = frame_piece(piece.size());
  body_sent_ += length;
  if (!piece.in_spool()) {
    co_return co_await send(head_out_, std::string_view(piece.bytes).substr(0, length), false);
  }
  const bool framed = co_await send(head_out_, {}, true);
  if (!framed) co_return false;
  const int spool = exchange.stream.lock()->spool.get();
  const bool sent = co_await send_file(spool, piece.spool_offset, length);
  // Gives the memory back while the script still writes behind it.
  ::fallocate(spool, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
              static_cast<off_t>(piece.spool_offset), static_cast<off_t>(piece.spool_length));
  co_return sent;
}

void Http1Connection::write_head(const http::ResponseHead& head, const http::Framing& framing) {
  const http::RequestHead& request = current_->job.head;
  const ConnectionLimits& limits = listener_.limits;
  http::h1::ResponseContext context;
  context.version = request.version;
  context.head_request = is_head_request();
  context.keep_alive = request.keep_alive && !draining_ &&
                       (limits.keepalive_requests == 0 || requests_ < limits.keepalive_requests);
  context.date = loop_.date.text();
  context.server = kServerName;
  head_out_.clear();
  written_ = http::h1::append_response_head(head_out_, head, framing, context);
  status_ = head.status;
}

}  // namespace tusk::server
