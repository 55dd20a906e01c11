// FileAnswer: a file of the site, compressed first where the client takes that and it pays.
//
// Thread: the loop.
#pragma once

#include "base/task.h"
#include "files/static_response.h"
#include "server/request_stages.h"

namespace tusk::server::answers {

class FileAnswer {
 public:
  // Stage: a response that the router has found a file for, or that has no body.
  static Answer choose(ActiveRequest& request);

  // A file that is not the route's, or an error of `response.head.status` without a body yet.
  static base::Task<bool> send(ActiveRequest& request, files::StaticResponse& response);

 private:
  static base::Task<bool> send_route(ActiveRequest& request);
  static base::Task<bool> send_compressed(ActiveRequest& request);
};

}  // namespace tusk::server::answers
