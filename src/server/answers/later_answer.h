// LaterAnswer: an answer whose body a background thread makes.
//
// Thread: the loop.
#pragma once

#include "base/task.h"
#include "server/request_stages.h"

namespace tusk::server::answers {

// Has the route's thread make the body, and sends it. If too many jobs wait for that thread, the
// client gets a 503.
class LaterAnswer {
 public:
  // Stage: chosen if the router has found a body that is to be made.
  static Answer choose(ActiveRequest& request);

 private:
  static base::Task<bool> send(ActiveRequest& request);
};

}  // namespace tusk::server::answers
