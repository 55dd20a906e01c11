// ReloadAnswer: the answers below /.well-known/tusk/, which make pages reload by themselves.
//
// Thread: the loop.
#pragma once

#include <string_view>

#include "base/task.h"
#include "server/request_stages.h"

namespace tusk::server::development {

inline constexpr std::string_view kStreamPath = "/.well-known/tusk/reload";
inline constexpr std::string_view kScriptPath = "/.well-known/tusk/reload.js";

class ReloadAnswer {
 public:
  // Stage: chosen for the two paths, if `hot_reload` is on.
  static Answer choose(ActiveRequest& request);

 private:
  // A stream of events, until the client leaves or the loop drains.
  static base::Task<bool> stream(ActiveRequest& request);
  static base::Task<bool> send_script(ActiveRequest& request);
};

}  // namespace tusk::server::development
