// Transaction: from a request that is complete to a response that is sent.

#include <algorithm>
#include <array>
#include <utility>

#include "exec/lost_clients.h"
#include "net/loop.h"
#include "observe/log.h"
#include "server/answers/file_encodings.h"
#include "server/answers/script_job.h"
#include "server/transaction.h"
#include "site/error_pages.h"
#include "site/error_response.h"
#include "site/https_policy.h"
#include "site/x_sendfile.h"

namespace tusk::server {

namespace {

// A client that has waited this long for its answer is watched: has it left? Most never are, which
// spares them a system call.
constexpr base::Duration kWatchClientAfter = std::chrono::milliseconds(200);

// What the log says of a request whose client left before there was an answer, as nginx does.
constexpr int kClientClosedRequest = 499;

constexpr std::array<std::string_view, 5> kFieldsOfBody = {
    "Content-Encoding", "Content-Range", "Content-Disposition", "ETag", "Last-Modified"};

constexpr std::string_view kHstsField = "Strict-Transport-Security";

constexpr base::MonotonicTime kNever = base::MonotonicTime::max();

}  // namespace

bool Transaction::is_head_request() const {
  const http::RequestHead& request = head();
  return request.view(request.method) == "HEAD";
}

base::Task<bool> Transaction::respond() {
  body_sent_ = 0;
  status_ = 0;
  header_changes_.clear();  // those of the request before on this connection
  if (retry_after_.count() > 0) co_return co_await refuse(429);
  const std::string location = https_location();
  if (!location.empty()) {
    answered_by_ = observe::AnsweredBy::kNone;
    const bool redirected = co_await redirect_to_https(location);
    end();
    co_return redirected;
  }
  site::Route& route = listener_.router.route({head(), current_->job.origin, loop_.date.seconds()});
  answered_by_ = route.answered_by;
  header_changes_ = route.header_changes;
  bool sent = false;
  switch (route.kind) {
    case site::Route::Kind::kScript:
      sent = co_await respond_with_script(route);
      break;
    case site::Route::Kind::kResponse:
      sent = co_await respond_directly(route);
      break;
    case site::Route::Kind::kListing:
      sent = co_await respond_with_listing(route);
      break;
    case site::Route::Kind::kError:
      sent = co_await respond_with_page(route);
      break;
  }
  if (!sent && listener_.counted) loop_.metrics.add<observe::Metric::kResponsesAborted>();
  end();
  co_return sent;
}

// Where a client that came without TLS is sent. Empty: it may stay.
std::string Transaction::https_location() const {
  const site::HttpsPolicy* const policy = listener_.https;
  if (policy == nullptr || policy->redirect_status == 0 || current_->job.origin.tls) return {};
  const http::RequestHead& request = head();
  return policy->https_location(request.view(request.authority), request.view(request.target));
}

// What it was may be unknown.
base::Task<bool> Transaction::refuse(int status) {
  body_sent_ = 0;
  answered_by_ = observe::AnsweredBy::kNone;
  header_changes_.clear();
  const bool sent = co_await respond_with_error(status);
  end();
  co_return sent;
}

// What the route holds is the router's until the first wait: it is taken before.
base::Task<bool> Transaction::respond_directly(site::Route& route) {
  if (route.file != nullptr && loop_.encodings != nullptr) {
    const http::ContentCoding coding = loop_.encodings->wanted(head(), *route.file);
    if (coding != http::ContentCoding::kIdentity) {
      co_return co_await respond_with_file(route, coding);
    }
  }
  if (!route.body.empty()) {
    auto text = std::make_shared<files::Representation>();
    text->bytes = std::move(route.body);
    text->size_bytes = text->bytes.size();
    files::ServedFile made;
    made.in[0] = std::move(text);
    http::ResponseHead head = std::move(route.response.head);
    const bool sent = co_await send_text(head, std::move(made), 0);
    co_return sent;
  }
  begin_response(route.response.head, route.response.framing);
  if (plan_.allowed && !route.response.body.empty()) {
    const files::FileBody file = std::move(route.response.body);
    co_return co_await send_file(file);
  }
  co_return co_await send_body({});
}

base::Task<bool> Transaction::send_body(std::string_view body) {
  if (!plan_.allowed) body = {};
  body_sent_ = body.size();
  co_return co_await sink_.send(body, Next::kEnd);
}

base::Task<bool> Transaction::respond_with_error(int status) {
  http::ResponseHead empty;
  const bool sent = co_await send_error(status, empty);
  co_return sent;
}

base::Task<bool> Transaction::send_error(int status, http::ResponseHead& head) {
  std::string body;
  if (retry_after_.count() > 0) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(retry_after_).count();
    head.add("Retry-After", std::to_string(seconds));
  }
  files::ServedFile page =
      site::make_error_response(status, current_ != nullptr ? &this->head() : nullptr,
                                listener_.router.error_pages(), head, body);
  if (page.identity() != nullptr) {
    const bool sent = co_await send_text(head, std::move(page), status);
    co_return sent;
  }
  begin_response(head, http::Framing::known(body.size()));
  co_return co_await send_body(body);
}

// An error that the router has found: the site may have a script for it.
base::Task<bool> Transaction::respond_with_page(site::Route& route) {
  const int status = route.error_status;
  site::ErrorPages* const pages = listener_.router.error_pages();
  const site::ErrorPages::Page* const page =
      pages != nullptr && loop_.dispatcher != nullptr ? pages->find(status) : nullptr;
  if (page == nullptr || page->script.empty()) {
    http::ResponseHead extra = std::move(route.response.head);
    const bool sent = co_await send_error(status, extra);
    co_return sent;
  }
  route.script_name = page->script;
  route.path_info.clear();
  route.query.reset();
  fill_job(route);
  answers::make_error_job(current_->job, status, pages->directory(), page->script);
  answered_by_ = observe::AnsweredBy::kPhp;
  co_return co_await run_script();
}

base::Task<bool> Transaction::respond_with_script(const site::Route& route) {
  fill_job(route);
  co_return co_await run_script();
}

void Transaction::fill_job(const site::Route& route) {
  if (client_.local.address.empty()) client_.local = net::local_endpoint(client_.descriptor);
  exec::Job& job = current_->job;
  answers::fill_script_job(job, route, client_.local);
  job.tls_variables = job.store(client_.tls.variables);
}

base::Task<bool> Transaction::run_script() {
  current_->job.enqueued = base::now();
  reply_bits_ = 0;
  wakeup_.lower(net::Wakeup::kReply);
  if (listener_.lost_clients != nullptr) {
    const base::Duration wait =
        listener_.lost_clients->refused_for(current_->job, current_->job.enqueued);
    if (wait.count() > 0) {
      refuse_script(wait);
      co_return co_await respond_with_error(503);
    }
  }
  if (loop_.dispatcher->submit(owned_, *this) == nullptr) {
    loop_.metrics.queue_rejected(observe::Rejection::kFull);
    loop_.queue_full.count(loop_.loop.now());
    co_return co_await respond_with_error(503);
  }
  const Awaited awaited = co_await await_reply(*current_);
  switch (awaited) {
    case Awaited::kHead:
      if ((reply_bits_ & exec::Exchange::kClosed) == 0) break;
      count_closed(static_cast<observe::Closed>(current_->closed_for()));
      co_return co_await respond_with_error(503);  // nothing of it was sent yet
    case Awaited::kQueueTimeout:
      loop_.metrics.queue_rejected(observe::Rejection::kTimeout);
      loop_.queue_timeout.count(loop_.loop.now());
      co_return co_await respond_with_error(503);
    case Awaited::kAbandoned:
      current_->cancel();
      co_return co_await respond_with_error(current_->abandoned_status());
    case Awaited::kCut:
      current_->cancel();
      co_return co_await respond_with_error(503);
    case Awaited::kClientGone:
      current_->cancel();
      status_ = kClientClosedRequest;
      co_return false;
  }
  const bool sent = co_await send_reply(*current_);
  if (!sent) give_up_reply();
  co_return sent;
}

// To be answered 503: the client has caused too many lost workers.
void Transaction::refuse_script(base::Duration wait) {
  retry_after_ = wait;
  loop_.metrics.queue_rejected(observe::Rejection::kLostWorkers);
  const exec::Job& job = current_->job;
  loop_.client_refused.count(loop_.loop.now(), job.view(job.origin.client_address));
}

// Until there is a head, or there will be none.
base::Task<Transaction::Awaited> Transaction::await_reply(exec::Exchange& exchange) {
  const base::MonotonicTime now = loop_.loop.now();
  const base::MonotonicTime queue_limit = now + listener_.limits.queue_timeout;
  sink_.set_deadline(std::min(now + kWatchClientAfter, queue_limit));
  for (;;) {
    if ((reply_bits_ & exec::Exchange::kInterim) != 0) {
      const bool sent = co_await send_interim(exchange);
      if (!sent) co_return Awaited::kClientGone;
    }
    if ((reply_bits_ & exec::Exchange::kHeadReady) != 0) break;
    if ((reply_bits_ & exec::Exchange::kAbandoned) != 0) co_return Awaited::kAbandoned;
    if (loop_.drain_timed_out) co_return Awaited::kCut;
    awaits_reply_ = true;
    const std::uint32_t flags = co_await wakeup_.wait(net::Wakeup::kReply | net::Wakeup::kDeadline |
                                                      net::Wakeup::kReadable);
    awaits_reply_ = false;
    if ((flags & net::Wakeup::kReadable) != 0 && client_is_gone(exchange)) {
      co_return Awaited::kClientGone;
    }
    if ((flags & net::Wakeup::kDeadline) != 0) {
      if (loop_.loop.now() >= queue_limit) {
        if (exchange.cancel_if_waiting()) co_return Awaited::kQueueTimeout;
      } else {
        sink_.watch_client();
        sink_.set_deadline(queue_limit);
      }
    }
  }
  sink_.set_deadline(kNever);
  co_return Awaited::kHead;
}

// The client has closed, or sends ahead. One that has only finished sending may still read, so a
// script that runs goes on; but a request that waits is not begun for it.
bool Transaction::client_is_gone(exec::Exchange& exchange) {
  const net::IoStatus status = sink_.client();
  if (status == net::IoStatus::kFailed) return true;
  return status == net::IoStatus::kClosed && exchange.cancel_if_waiting();
}

base::Task<bool> Transaction::send_interim(exec::Exchange& exchange) {
  reply_bits_ &= ~std::uint32_t{exec::Exchange::kInterim};
  std::vector<http::ResponseHead> heads;
  heads.swap(exchange.stream.lock()->interim);
  for (const http::ResponseHead& interim : heads) {
    const bool sent = co_await sink_.send_interim(head(), interim);
    if (!sent) co_return false;
  }
  co_return true;
}

base::Task<bool> Transaction::send_reply(exec::Exchange& exchange) {
  if (exchange.refused_for.count() > 0) refuse_script(exchange.refused_for);
  if (exchange.error_status != 0) {
    if (exchange.error_status == 404) loop_.files->script_was_not_there();
    co_return co_await respond_with_error(exchange.error_status);
  }
  if (listener_.x_sendfile != nullptr && site::XSendfile::asked_for(exchange.head)) {
    files::StaticResponse file;
    if (listener_.x_sendfile->answer(head(), exchange.head, *loop_.files, loop_.date.seconds(),
                                     file)) {
      const bool file_sent = co_await send_in_place_of_output(exchange, file);
      co_return file_sent;
    }
  }
  const bool finished = (reply_bits_ & exec::Exchange::kFinished) != 0;
  const std::uint64_t unsent = exchange.unsent_bytes();
  const bool whole = finished && unsent == 0;
  // PHP shows nothing of a fatal error when display_errors is off: the page for that status takes
  // the place of the empty body, and the script's fields that describe a body go.
  if (whole && exchange.fatal_error && exchange.tail.empty() && exchange.head.status >= 400) {
    for (const std::string_view name : kFieldsOfBody) exchange.head.remove(name);
    const bool page_sent = co_await send_error(exchange.head.status, exchange.head);
    co_return page_sent;
  }
  // The script of a HEAD request writes no body: its length is what the script says, if it does.
  const bool length_known = (whole || (finished && exchange.spilled)) && !is_head_request();
  begin_response(exchange.head, length_known ? http::Framing::known(exchange.tail.size() + unsent)
                                             : http::Framing::declared());
  if (!whole) co_return co_await stream_reply(exchange);
  const std::string_view body =
      std::string_view(exchange.tail).substr(0, clip(exchange.tail.size()));
  body_sent_ = body.size();
  co_return co_await sink_.send(body, Next::kEnd);
}

// A response in pieces, some of which the script has still to write.
base::Task<bool> Transaction::stream_reply(exec::Exchange& exchange) {
  const bool body_follows = plan_.allowed && exchange.unsent_bytes() > 0;
  const bool head_sent = co_await sink_.send({}, body_follows ? Next::kNow : Next::kLater);
  if (!head_sent) co_return false;
  bool client_said_something = false;
  for (;;) {
    // Looked at before the pieces are taken: what was written before the end is among them then.
    const bool finished = (reply_bits_ & exec::Exchange::kFinished) != 0;
    // What a response is broken off after must not wait for what does not come.
    const bool end_follows = finished && !exchange.truncated;
    const bool sent = co_await send_pieces(exchange, end_follows ? Next::kNow : Next::kLater);
    if (!sent || (reply_bits_ & exec::Exchange::kClosed) != 0) co_return false;
    if (finished) break;
    if ((reply_bits_ & exec::Exchange::kAbandoned) != 0) co_return false;
    if (!client_said_something) sink_.watch_client();
    const std::uint32_t flags = co_await wakeup_.wait(net::Wakeup::kReply | net::Wakeup::kReadable);
    if ((flags & net::Wakeup::kReadable) != 0) {
      if (client_is_gone(exchange)) co_return false;
      // Its next request, or its end of sending: what stays readable must not be waited for again.
      client_said_something = true;
    }
  }
  if (exchange.truncated) co_return false;
  const std::uint64_t length = clip(exchange.tail.size());
  body_sent_ += length;
  const std::string_view rest = std::string_view(exchange.tail).substr(0, length);
  // Fewer bytes than announced: only breaking off tells the client.
  const bool complete = !plan_.allowed || plan_.length.value_or(0) == 0;
  const bool sent = co_await sink_.send(rest, complete ? Next::kEnd : Next::kLater);
  co_return sent&& complete;
}

base::Task<bool> Transaction::send_pieces(exec::Exchange& exchange, Next after) {
  std::vector<exec::Piece> pieces;
  pieces.swap(exchange.stream.lock()->pieces);
  for (exec::Piece& piece : pieces) {
    const bool last = &piece == &pieces.back();
    const bool sent = co_await send_piece(piece, last ? after : Next::kNow);
    if (!sent) co_return false;
    const std::uint64_t size = piece.size();
    piece = {};  // gives the space back before the script may take more
    exchange.consumed(size);
  }
  co_return true;
}

base::Task<bool> Transaction::send_piece(const exec::Piece& piece, Next next) {
  const std::uint64_t length = clip(piece.size());
  body_sent_ += length;
  if (!piece.in_file()) {
    const std::string_view bytes = std::string_view(piece.bytes).substr(0, length);
    co_return co_await sink_.send(bytes, next);
  }
  co_return co_await sink_.send_file(piece.file->fd.get(), piece.file_offset, length, next);
}

void Transaction::begin_response(http::ResponseHead& response, const http::Framing& framing) {
  header_changes_.apply(response);
  status_ = response.status;
  const bool tls = current_ != nullptr ? current_->job.origin.tls : client_.tls.on();
  // Only where nobody could have written it in between (RFC 6797 §7.2); a script's own word counts.
  if (tls && listener_.https != nullptr && !listener_.https->hsts.empty() &&
      !response.contains(kHstsField)) {
    response.add(kHstsField, listener_.https->hsts);
  }
  plan_ = sink_.begin(current_ != nullptr ? &head() : nullptr, response, framing);
}

// How many of `size` bytes go out; takes them off what was announced.
std::uint64_t Transaction::clip(std::uint64_t size) {
  if (!plan_.allowed) return 0;
  if (!plan_.length) return size;
  size = std::min(size, *plan_.length);
  *plan_.length -= size;
  return size;
}

}  // namespace tusk::server
