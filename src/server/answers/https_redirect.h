// HttpsRedirect: the redirect to https.
//
// Thread: the loop.
#pragma once

#include "base/task.h"
#include "server/request_stages.h"

namespace tusk::server::answers {

// Redirects a client without TLS to the same address with https.
class HttpsRedirect {
 public:
  // Stage: chosen if `https_redirect` is on and the request came without TLS.
  static Answer choose(ActiveRequest& request);

 private:
  static base::Task<bool> send(ActiveRequest& request);
};

}  // namespace tusk::server::answers
