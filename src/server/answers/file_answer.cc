#include "server/answers/file_answer.h"

#include <utility>

#include "net/loop.h"
#include "server/active_request.h"
#include "server/answers/error_answer.h"
#include "server/answers/file_encodings.h"

namespace tusk::server::answers {

namespace {

// Returns the coding in which the file must be compressed first for this client; identity: none.
http::ContentCoding missing_coding(const ActiveRequest& request) {
  const site::Route& route = *request.route;
  if (route.file == nullptr) return http::ContentCoding::kIdentity;
  return request.site().encodings.wanted(request.head(), *route.file);
}

}  // namespace

Answer FileAnswer::choose(ActiveRequest& request) {
  const site::Route& route = *request.route;
  if (route.kind != site::Route::Kind::kResponse || !route.body.empty()) return nullptr;
  const bool compressed_first = missing_coding(request) != http::ContentCoding::kIdentity;
  return compressed_first ? &send_compressed : &send_route;
}

// Counts what the response holds until its client has taken it. Nothing: its client holds too much.
std::optional<clients::ContentShares::Share> FileAnswer::hold(ActiveRequest& request,
                                                              files::ContentAmount amount) {
  clients::ContentShares& shares = request.site().content_shares;
  if (!shares.scarce()) return clients::ContentShares::Share();
  auto share = shares.take(request.client(), amount);
  if (!share) {
    request.loop.content_refused.count(request.loop.loop.now(),
                                       request.head().view(request.job().origin.client_address));
  }
  return share;
}

// The client may not take the error either, so the file is closed first.
base::Task<bool> FileAnswer::refuse(ActiveRequest& request, files::StaticResponse& response) {
  response.body = {};
  return ErrorAnswer::send(request, 503);
}

// Moves the parts out of the route before the first wait, after which the route is invalid.
base::Task<bool> FileAnswer::send_route(ActiveRequest& request) {
  files::StaticResponse& response = request.route->response;
  const auto share = hold(request, response.body.holds());
  if (!share) co_return co_await refuse(request, response);
  request.begin_response(response.head, response.framing);
  const files::FileBody file = std::move(response.body);
  co_return co_await request.response.send_whole_file(file);
}

// Waits until the encoder's thread has compressed the file.
base::Task<bool> FileAnswer::send_compressed(ActiveRequest& request) {
  const http::ContentCoding coding = missing_coding(request);
  site::Route& route = *request.route;
  files::StaticResponse response = std::move(route.response);
  files::ServedFile file;
  file.in[0] = route.file->identity();
  FileEncodings& encodings = request.site().encodings;
  FileEncodings::Wait wait(encodings, request.wakeup);
  if (encodings.make(route.root, route.path, file.in[0], coding, wait)) {
    while (!wait.done()) co_await request.wakeup.wait(net::Wakeup::kEncoded);
  }
  if (wait.result() != nullptr) {
    file.in[static_cast<std::size_t>(coding)] = wait.result();
    files::respond_with_file(request.head(), file, files::FileRequest::kByUrl,
                             request.loop.date.seconds(), response);
    file = {};  // the response may last, and needs only the compressed file
  }
  co_return co_await send(request, response);
}

// An error: the tag of this coding fails a precondition, or a script may not send the file.
base::Task<bool> FileAnswer::send(ActiveRequest& request, files::StaticResponse& response) {
  if (response.head.status >= 400) {
    co_return co_await ErrorAnswer::send(request, response.head.status, response.head);
  }
  const auto share = hold(request, response.body.holds());
  if (!share) co_return co_await refuse(request, response);
  request.begin_response(response.head, response.framing);
  co_return co_await request.response.send_whole_file(response.body);
}

}  // namespace tusk::server::answers
