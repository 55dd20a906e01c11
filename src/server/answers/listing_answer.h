// ListingAnswer: the answer to a request for a directory.
//
// Thread: the loop.
#pragma once

#include "base/task.h"
#include "server/request_stages.h"

namespace tusk::server::answers {

// Answers with a directory's listing, which another thread makes.
class ListingAnswer {
 public:
  // Stage: chosen if the router has found a directory to list.
  static Answer choose(ActiveRequest& request);

 private:
  static base::Task<bool> send(ActiveRequest& request);
};

}  // namespace tusk::server::answers
