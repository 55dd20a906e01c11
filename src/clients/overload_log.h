// OverloadLog: logs that requests or connections are turned away, at most once a second.
//
// Owner and thread: a loop.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "observe/events.h"
#include "observe/log.h"

namespace tusk::clients {

// If single events are normal, it only logs when there were at least `least` of them in a second.
class OverloadLog {
 public:
  explicit OverloadLog(std::string_view message, std::uint64_t least = 1)
      : message_(message), least_(least) {}

  // `example`: the client or reason of this event; the latest is logged.
  void count(base::MonotonicTime now, std::string_view example = {}) {
    if (unsaid_ < least_ && now - since_ >= std::chrono::seconds(1)) {
      unsaid_ = 0;
      since_ = now;
    }
    ++unsaid_;
    if (unsaid_ < least_) return;
    if (said_ && now - last_ < std::chrono::seconds(1)) return;
    std::string shown(message_);
    if (example.empty()) {
      observe::warn(message_, {{"times", unsaid_}});
    } else {
      observe::warn(message_, {{"times", unsaid_}, {"last", example}});
      shown.append("; the last: ").append(example);
    }
    observe::note_event(
        {.kind = observe::EventKind::kRejected, .times = unsaid_, .message = shown});
    said_ = true;
    last_ = now;
    unsaid_ = 0;
  }

 private:
  std::string_view message_;
  std::uint64_t least_;
  bool said_ = false;
  base::MonotonicTime last_{};
  base::MonotonicTime since_{};  // when the events counted in unsaid_ began
  std::uint64_t unsaid_ = 0;
};

}  // namespace tusk::clients
