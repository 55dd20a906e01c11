// ListingAnswer: a directory's listing, which is made on a thread of its own.
//
// Thread: the loop.
#pragma once

#include "base/task.h"
#include "server/request_stages.h"

namespace tusk::server::answers {

class ListingAnswer {
 public:
  // Stage: a directory that the router wants listed.
  static Answer choose(ActiveRequest& request);

 private:
  static base::Task<bool> send(ActiveRequest& request);
};

}  // namespace tusk::server::answers
