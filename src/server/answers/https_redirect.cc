#include "server/answers/https_redirect.h"

#include <string>

#include "server/active_request.h"
#include "site/error_response.h"
#include "site/https_policy.h"

namespace tusk::server::answers {

namespace {

// Returns the redirect's target. Empty: the request names no host.
std::string https_location(const ActiveRequest& request) {
  const http::RequestHead& head = request.head();
  return request.listener.https->https_location(head.view(request.job().origin.host),
                                                head.view(head.target));
}

}  // namespace

Answer HttpsRedirect::choose(ActiveRequest& request) {
  const site::HttpsPolicy* const policy = request.listener.https;
  if (policy == nullptr || policy->redirect_status == 0 || request.tls()) return nullptr;
  return https_location(request).empty() ? nullptr : &send;
}

base::Task<bool> HttpsRedirect::send(ActiveRequest& request) {
  http::ResponseHead head;
  std::string body;
  site::make_redirect(https_location(request), head, body, request.listener.https->redirect_status);
  request.begin_response(head, http::Framing::known(body.size()));
  co_return co_await request.response.send(body, Next::kEnd);
}

}  // namespace tusk::server::answers
