// LaterAnswer: an answer whose body another thread makes.
//
// Thread: the loop.
#pragma once

#include "base/task.h"
#include "server/request_stages.h"

namespace tusk::server::answers {

// Has the body made, and sends it. If it cannot be made now, the client gets a 503. A client that
// leaves meanwhile, or ends its side of the connection, ends the making early.
class LaterAnswer {
 public:
  // Stage: chosen if the router has found a body that is to be made.
  static Answer choose(ActiveRequest& request);

 private:
  static base::Task<bool> send(ActiveRequest& request);
};

}  // namespace tusk::server::answers
