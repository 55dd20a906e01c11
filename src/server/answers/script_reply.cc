// ScriptAnswer: sends a script's response, from its head to its end.

#include <array>
#include <utility>
#include <vector>

#include "files/file_cache.h"
#include "http/accept.h"
#include "http/token.h"
#include "server/active_request.h"
#include "server/answers/error_answer.h"
#include "server/answers/file_answer.h"
#include "server/answers/script_answer.h"
#include "site/x_sendfile.h"

namespace tusk::server::answers {

namespace {

using exec::Exchange;

constexpr std::array<std::string_view, 5> kFieldsOfBody = {
    "Content-Encoding", "Content-Range", "Content-Disposition", "ETag", "Last-Modified"};

bool takes_page(std::string_view accept) {
  return accept.empty() || http::prefers_json(accept) ||
         http::media_quality(accept, "text/html") > 0;
}

}  // namespace

// Whether a whole response with an empty body is a failure that would be a blank page.
bool ScriptAnswer::is_blank_failure() const {
  const http::ResponseHead& head = exchange().head;
  // PHP shows nothing of a fatal error when display_errors is off.
  if (exchange().fatal_error) return head.status >= 400;
  // An application that shows nothing either. The length or another type than PHP's default says
  // that the empty body is meant. Whether a HEAD request has a body is not known.
  if (head.status != 500 || request_.is_head_request()) return false;
  const std::string_view type = head.find("Content-Type");
  const bool is_html =
      type.empty() || http::equals_lower(type.substr(0, type.find(';')), "text/html");
  return is_html && !head.contains("Content-Length") && takes_page(request_.head().find("accept"));
}

base::Task<bool> ScriptAnswer::send_reply() {
  const SiteServices& site = request_.site();
  http::ResponseHead& head = exchange().head;
  if (exchange().pool_is_down) co_return co_await refuse_for_pool(exchange().refused_for);
  if (exchange().refused_for.count() > 0) refuse(exchange().refused_for);
  if (exchange().error_status != 0) {
    if (exchange().error_status == 404) site.files.note_missing_script();
    co_return co_await ErrorAnswer::send(request_, exchange().error_status);
  }
  if (site::XSendfile::asked_for(head)) {
    files::StaticResponse file;
    if (site.x_sendfile.answer(request_.head(), head, site.files, request_.loop.date.seconds(),
                               file, exchange().job.pool)) {
      // Does not wait for the script, whose further output is dropped as if its client had left.
      if (!request_.exchange.reply_has(Exchange::kFinished)) exchange().cancel();
      co_return co_await FileAnswer::send(request_, file);
    }
  }
  const bool finished = request_.exchange.reply_has(Exchange::kFinished);
  const std::uint64_t unsent = exchange().unsent_bytes();
  const std::string& tail = exchange().tail;
  const bool whole = finished && unsent == 0;
  // The page for that status replaces the empty body, without the script's fields that describe a
  // body.
  if (whole && tail.empty() && site.page_for_blank_failure && is_blank_failure()) {
    for (const std::string_view name : kFieldsOfBody) head.remove(name);
    co_return co_await ErrorAnswer::send(request_, head.status, head);
  }
  // The script of a HEAD request writes no body: the length is the one that it announces, if any.
  const bool length_known =
      (whole || (finished && exchange().spilled)) && !request_.is_head_request();
  request_.begin_response(
      head, length_known ? http::Framing::known(tail.size() + unsent) : http::Framing::declared());
  if (!whole) co_return co_await stream();
  co_return co_await request_.response.send(tail, Next::kEnd);
}

// Sends a response in pieces, while the script still writes some of them.
base::Task<bool> ScriptAnswer::stream() {
  const bool body_follows = request_.response.body_allowed() && exchange().unsent_bytes() > 0;
  const bool head_sent =
      co_await request_.response.send({}, body_follows ? Next::kNow : Next::kLater);
  if (!head_sent) co_return false;
  bool client_has_sent = false;
  for (;;) {
    // Read it before the pieces are taken: then they include all that was written before the end.
    const bool finished = request_.exchange.reply_has(Exchange::kFinished);
    // A truncated response is broken off after its pieces, so these must be sent at once.
    const bool end_follows = finished && !exchange().truncated;
    const bool sent = co_await send_pieces(end_follows ? Next::kNow : Next::kLater);
    if (!sent || request_.exchange.reply_has(Exchange::kClosed)) co_return false;
    if (finished) break;
    if (request_.exchange.reply_has(Exchange::kAbandoned)) co_return false;
    if (!client_has_sent) request_.sink.watch_client();
    const std::uint32_t flags =
        co_await request_.wakeup.wait(net::Wakeup::kReply | net::Wakeup::kReadable);
    if ((flags & net::Wakeup::kReadable) != 0) {
      if (client_is_gone()) co_return false;
      // The client has sent its next request, or has finished sending. The socket stays readable,
      // so do not wait for that again.
      client_has_sent = true;
    }
  }
  if (exchange().truncated) co_return false;
  co_return co_await request_.response.finish(exchange().tail);
}

base::Task<bool> ScriptAnswer::send_pieces(Next after) {
  std::vector<exec::Piece> pieces;
  pieces.swap(exchange().stream.lock()->pieces);
  for (exec::Piece& piece : pieces) {
    const bool last = &piece == &pieces.back();
    const bool sent = co_await send_piece(piece, last ? after : Next::kNow);
    if (!sent) co_return false;
    const std::uint64_t size = piece.size();
    piece = {};  // frees the memory before the script may write more
    exchange().consumed(size);
  }
  co_return true;
}

base::Task<bool> ScriptAnswer::send_piece(const exec::Piece& piece, Next next) {
  ResponseWriter& response = request_.response;
  if (!piece.in_file()) return response.send(piece.bytes, next);
  return response.send_file(piece.file->fd.get(), piece.file_offset, piece.size(), next);
}

}  // namespace tusk::server::answers
