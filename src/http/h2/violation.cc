#include "http/h2/violation.h"

namespace tusk::http::h2 {

std::string_view to_string(Violation violation) {
  switch (violation) {
    case Violation::kNone:
      return "none";
    case Violation::kResets:
      return "resets";
    case Violation::kContinuations:
      return "continuations";
    case Violation::kHeaderList:
      return "header_list";
    case Violation::kPings:
      return "pings";
    case Violation::kSettings:
      return "settings";
    case Violation::kPriorities:
      return "priorities";
    case Violation::kWindowUpdates:
      return "window_updates";
    case Violation::kEmptyFrames:
      return "empty_frames";
    case Violation::kUnknownFrames:
      return "unknown_frames";
    case Violation::kAcks:
      return "acks";
    case Violation::kProtocol:
      return "protocol";
  }
  return "none";
}

}  // namespace tusk::http::h2
