// ErrorAnswer: an error of the server's own, with the site's page for it or a built-in one. No
// response that a script has made is replaced by it, but for the empty body of a fatal error.
//
// Thread: the loop.
#pragma once

#include "base/task.h"
#include "http/response.h"
#include "server/request_stages.h"

namespace tusk::server::answers {

class ErrorAnswer {
 public:
  // Stage: an error that the router has found. The site may have a script that makes its page.
  static Answer choose(ActiveRequest& request);

  static base::Task<bool> send(ActiveRequest& request, int status);
  // Fields that `head` has already stay.
  static base::Task<bool> send(ActiveRequest& request, int status, http::ResponseHead& head);

 private:
  static base::Task<bool> send_for_route(ActiveRequest& request);
};

}  // namespace tusk::server::answers
