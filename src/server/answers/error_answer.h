// ErrorAnswer: the answer to a request that failed.
//
// Thread: the loop.
#pragma once

#include "base/task.h"
#include "http/response.h"
#include "server/request_stages.h"

namespace tusk::server::answers {

// Answers with an error of the server, with the site's page for it or a built-in one. It replaces
// no response of a script, except the empty body of a fatal error.
class ErrorAnswer {
 public:
  // Stage: chosen if the router has found an error. A script of the site may make its page.
  static Answer choose(ActiveRequest& request);

  static base::Task<bool> send(ActiveRequest& request, int status);
  // Keeps the fields that `head` has already.
  static base::Task<bool> send(ActiveRequest& request, int status, http::ResponseHead& head);

 private:
  static base::Task<bool> send_for_route(ActiveRequest& request);
};

}  // namespace tusk::server::answers
