#include "server/answers/error_answer.h"

#include <chrono>
#include <string>
#include <utility>

#include "server/active_request.h"
#include "server/answers/script_answer.h"
#include "server/answers/text_answer.h"
#include "site/error_pages.h"
#include "site/error_response.h"

namespace tusk::server::answers {

Answer ErrorAnswer::choose(ActiveRequest& request) {
  return request.route->kind == site::Route::Kind::kError ? &send_for_route : nullptr;
}

base::Task<bool> ErrorAnswer::send_for_route(ActiveRequest& request) {
  site::Route& route = *request.route;
  const int status = route.error_status;
  site::ErrorPages* const pages = request.listener.router.error_pages();
  const site::ErrorPages::Page* const page = pages != nullptr ? pages->find(status) : nullptr;
  if (page != nullptr && !page->script.empty()) {
    request.answered_by = observe::AnsweredBy::kPhp;
    ScriptAnswer script(request);
    script.fill_error_job(status, pages->directory(), page->script);
    co_return co_await script.run();
  }
  http::ResponseHead head = std::move(route.response.head);
  co_return co_await send(request, status, head);
}

base::Task<bool> ErrorAnswer::send(ActiveRequest& request, int status) {
  http::ResponseHead head;
  co_return co_await send(request, status, head);
}

base::Task<bool> ErrorAnswer::send(ActiveRequest& request, int status, http::ResponseHead& head) {
  if (request.retry_after.count() > 0) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(request.retry_after).count();
    head.add("Retry-After", std::to_string(seconds));
  }
  std::string body;
  files::ServedFile page =
      site::make_error_response(status, request.has_head() ? &request.head() : nullptr,
                                request.listener.router.error_pages(), head, body);
  if (page.identity() != nullptr) {
    co_return co_await TextAnswer::send_error_page(request, head, page, status);
  }
  request.begin_response(head, http::Framing::known(body.size()));
  co_return co_await request.response.send(body, Next::kEnd);
}

}  // namespace tusk::server::answers
