// BootErrorPage: the page that tells a developer why a resident script does not boot.
//
// Thread: the loop.
#pragma once

#include "base/task.h"

namespace tusk::server {

struct ActiveRequest;

}  // namespace tusk::server

namespace tusk::server::development {

class BootErrorPage {
 public:
  // False: tusk does not serve a developer, or there is no error.
  static bool has_one(ActiveRequest& request);
  // Answers 503 with the error.
  static base::Task<bool> send(ActiveRequest& request);
};

}  // namespace tusk::server::development
