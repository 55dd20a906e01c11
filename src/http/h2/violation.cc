#include "http/h2/violation.h"

namespace tusk::http::h2 {

std::string_view to_string(Violation violation) {
  switch (violation) {
    case Violation::none:
      return "none";
    case Violation::resets:
      return "resets";
    case Violation::continuations:
      return "continuations";
    case Violation::header_list:
      return "header_list";
    case Violation::pings:
      return "pings";
    case Violation::settings:
      return "settings";
    case Violation::priorities:
      return "priorities";
    case Violation::window_updates:
      return "window_updates";
    case Violation::empty_frames:
      return "empty_frames";
    case Violation::unknown_frames:
      return "unknown_frames";
    case Violation::acks:
      return "acks";
    case Violation::protocol:
      return "protocol";
  }
  return "none";
}

}  // namespace tusk::http::h2
