#include "server/answers/text_answer.h"

#include <memory>
#include <utility>

#include "http/coding/response_fields.h"
#include "server/active_request.h"
#include "server/answers/file_encodings.h"
#include "site/error_pages.h"

namespace tusk::server::answers {

namespace {

using http::ContentCoding;

// A text that fits into one packet gains nothing by being compressed.
constexpr std::size_t kMaxPlainTextBytes = 1400;

// Returns the coding in which to send the text to this client.
ContentCoding wanted_coding(const ActiveRequest& request, http::ResponseHead& head,
                            std::uint64_t size_bytes) {
  if (!request.has_head() || size_bytes <= kMaxPlainTextBytes) return ContentCoding::kIdentity;
  return request.site().encodings.wanted_of_text(request.head(), head, size_bytes);
}

// `page_of`: the error whose page it is, or 0.
base::Task<bool> send_text(ActiveRequest& request, http::ResponseHead& head,
                           files::ServedFile& text, int page_of) {
  files::RepresentationRef original = text.identity();
  const ContentCoding coding = wanted_coding(request, head, original->size_bytes);
  files::RepresentationRef& body = text.in[static_cast<std::size_t>(coding)];
  if (body == nullptr) {
    FileEncodings& encodings = request.site().encodings;
    FileEncodings::Wait wait(encodings, request.wakeup);
    const bool begun = encodings.make(original, coding, wait);
    while (begun && !wait.done()) co_await request.wakeup.wait(net::Wakeup::kEncoded);
    // A text that does not get smaller is kept as its own encoded form, and not tried again.
    body = wait.result() != nullptr ? wait.result() : original;
    if (begun && page_of != 0) {
      request.listener.router.error_pages()->keep(page_of, original, coding, body);
    }
  }
  if (body != original) {
    http::coding::mark_as_encoded(head, coding);
    // A client may need long for the encoded text. Pages of errors are sent again.
    if (page_of == 0) text.in[0] = nullptr;
  }
  original = nullptr;
  request.begin_response(head, http::Framing::known(body->size_bytes));
  co_return co_await request.response.send(body->bytes, Next::kEnd);
}

}  // namespace

Answer TextAnswer::choose(ActiveRequest& request) {
  const site::Route& route = *request.route;
  const bool text = route.kind == site::Route::Kind::kResponse && !route.body.empty();
  return text ? &send_route : nullptr;
}

Answer TextAnswer::choose_as_it_is(ActiveRequest& request) {
  const bool text = request.route->kind == site::Route::Kind::kResponse;
  return text ? &send_route_as_it_is : nullptr;
}

base::Task<bool> TextAnswer::send(ActiveRequest& request, http::ResponseHead& head,
                                  files::ServedFile& text) {
  return send_text(request, head, text, 0);
}

base::Task<bool> TextAnswer::send_error_page(ActiveRequest& request, http::ResponseHead& head,
                                             files::ServedFile& page, int status) {
  return send_text(request, head, page, status);
}

// Moves the parts out of the route before the first wait, after which the route is invalid.
base::Task<bool> TextAnswer::send_route(ActiveRequest& request) {
  auto text = std::make_shared<files::Representation>();
  text->bytes = std::move(request.route->body);
  text->size_bytes = text->bytes.size();
  files::ServedFile made;
  made.in[0] = std::move(text);
  http::ResponseHead head = std::move(request.route->response.head);
  co_return co_await send(request, head, made);
}

base::Task<bool> TextAnswer::send_route_as_it_is(ActiveRequest& request) {
  const std::string body = std::move(request.route->body);
  http::ResponseHead head = std::move(request.route->response.head);
  request.begin_response(head, http::Framing::known(body.size()));
  co_return co_await request.response.send(body, Next::kEnd);
}

}  // namespace tusk::server::answers
