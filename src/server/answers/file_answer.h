// FileAnswer: the answer to a request for a file.
//
// Thread: the loop.
#pragma once

#include <optional>

#include "base/task.h"
#include "clients/content_shares.h"
#include "files/static_response.h"
#include "server/request_stages.h"

namespace tusk::server::answers {

// Answers with a file of the site, compressed first if the client accepts that and it pays.
class FileAnswer {
 public:
  // Stage: chosen if the router has found a file, or a response without a body.
  static Answer choose(ActiveRequest& request);

  // Sends a file that is not the route's, or an error with `response.head.status` and no body yet.
  static base::Task<bool> send(ActiveRequest& request, files::StaticResponse& response);

  // Call it before the response begins. Nothing: answer 503.
  static std::optional<clients::ContentShares::Share> hold(ActiveRequest& request,
                                                           files::ContentAmount amount);

 private:
  static base::Task<bool> refuse(ActiveRequest& request, files::StaticResponse& response);
  static base::Task<bool> send_route(ActiveRequest& request);
  static base::Task<bool> send_compressed(ActiveRequest& request);
};

}  // namespace tusk::server::answers
