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

// A client that has waited this long for its answer is watched: has it left? Most never are, which
// spares them a system call.
constexpr base::Duration kWatchClientAfter = std::chrono::milliseconds(200);

// What the log says of a request whose client left before there was an answer, as nginx does.
constexpr int kClientClosedRequest = 499;

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
    loop_.queue_full.count(loop_.loop.now());
    co_return co_await respond_with_error(503);
  }
  const Awaited awaited = co_await await_reply(*current_);
  switch (awaited) {
    case Awaited::head:
      break;
    case Awaited::queue_timeout:
      loop_.metrics.queue_rejected(observe::Rejection::kTimeout);
      loop_.queue_timeout.count(loop_.loop.now());
      co_return co_await respond_with_error(503);
    case Awaited::abandoned:
      current_->cancel();
      co_return co_await respond_with_error(504);
    case Awaited::client_gone:
      current_->cancel();
      status_ = kClientClosedRequest;
      co_return false;
  }
  const bool sent = co_await send_reply(*current_);
  if (!sent) current_->cancel();
  co_return sent;
}

void Http1Connection::on_reply(std::uint32_t bits) {
  reply_bits_ |= bits;
  wakeup_.raise(net::Wakeup::kReply);
}

// Until there is a head, or there will be none.
base::Task<Http1Connection::Awaited> Http1Connection::await_reply(exec::Exchange& exchange) {
  const base::MonotonicTime queue_limit = loop_.loop.now() + listener_.limits.queue_timeout;
  set_deadline(std::min(kWatchClientAfter, listener_.limits.queue_timeout));
  for (;;) {
    if ((reply_bits_ & exec::Exchange::kInterim) != 0) {
      const bool sent = co_await send_interim(exchange);
      if (!sent) co_return Awaited::client_gone;
    }
    if ((reply_bits_ & exec::Exchange::kHeadReady) != 0) break;
    if ((reply_bits_ & exec::Exchange::kAbandoned) != 0) co_return Awaited::abandoned;
    const std::uint32_t flags = co_await wakeup_.wait(net::Wakeup::kReply | net::Wakeup::kDeadline |
                                                      net::Wakeup::kReadable);
    if ((flags & net::Wakeup::kReadable) != 0 && client_is_gone(exchange)) {
      co_return Awaited::client_gone;
    }
    if ((flags & net::Wakeup::kDeadline) != 0) {
      if (loop_.loop.now() >= queue_limit) {
        if (exchange.cancel_if_waiting()) co_return Awaited::queue_timeout;
      } else {
        stream_.notify_when_readable();
        deadline_ = queue_limit;
      }
    }
  }
  deadline_ = kNever;
  co_return Awaited::head;
}

// The client has closed, or sends ahead. One that has only finished sending may still read, so a
// script that runs goes on; but a request that waits is not begun for it.
bool Http1Connection::client_is_gone(exec::Exchange& exchange) {
  const net::IoStatus status = stream_.peek();
  if (status == net::IoStatus::failed) return true;
  return status == net::IoStatus::closed && exchange.cancel_if_waiting();
}

base::Task<bool> Http1Connection::send_interim(exec::Exchange& exchange) {
  reply_bits_ &= ~std::uint32_t{exec::Exchange::kInterim};
  std::vector<http::ResponseHead> heads;
  heads.swap(exchange.stream.lock()->interim);
  // 1.0 has no interim responses (RFC 9110 §15.2).
  if (current_->job.head.version == http::Version::http10) co_return true;
  for (const http::ResponseHead& head : heads) {
    head_out_.clear();
    http::h1::append_response_head(head_out_, head, http::Framing::declared(), {});
    const bool sent = co_await send(head_out_, {}, false);
    if (!sent) co_return false;
  }
  co_return true;
}

base::Task<bool> Http1Connection::send_reply(exec::Exchange& exchange) {
  if (exchange.error_status != 0) co_return co_await respond_with_error(exchange.error_status);
  const bool whole = (reply_bits_ & exec::Exchange::kFinished) != 0 && exchange.unsent_bytes() == 0;
  // The script of a HEAD request writes no body: its length is what the script says, if it does.
  const bool length_known = whole && !is_head_request();
  write_head(exchange.head,
             length_known ? http::Framing::known(exchange.tail.size()) : http::Framing::declared());
  if (!whole) co_return co_await stream_reply(exchange);
  std::string_view body = exchange.tail;
  if (written_.coding == http::h1::BodyCoding::none) {
    body = {};
  } else if (written_.coding == http::h1::BodyCoding::sized) {
    body = body.substr(0, written_.length);  // of a 205 there is none
  }
  body_sent_ = body.size();
  co_return co_await send(head_out_, body, false);
}

// A response in pieces, some of which the script has still to write.
base::Task<bool> Http1Connection::stream_reply(exec::Exchange& exchange) {
  const bool body_follows =
      written_.coding != http::h1::BodyCoding::none && exchange.unsent_bytes() > 0;
  const bool head_sent = co_await send(head_out_, {}, body_follows);
  if (!head_sent) co_return false;
  body_left_ = written_.length;
  chunk_open_ = false;
  bool client_said_something = false;
  for (;;) {
    // Looked at before the pieces are taken: what was written before the end is among them then.
    const bool finished = (reply_bits_ & exec::Exchange::kFinished) != 0;
    const bool sent = co_await send_pieces(exchange);
    if (!sent) co_return false;
    if (finished) break;
    if ((reply_bits_ & exec::Exchange::kAbandoned) != 0) co_return false;
    if (!client_said_something) stream_.notify_when_readable();
    const std::uint32_t flags = co_await wakeup_.wait(net::Wakeup::kReply | net::Wakeup::kReadable);
    if ((flags & net::Wakeup::kReadable) != 0) {
      if (client_is_gone(exchange)) co_return false;
      // Its next request, or its end of sending: what stays readable must not be waited for again.
      client_said_something = true;
    }
  }
  if (exchange.truncated) co_return false;
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
