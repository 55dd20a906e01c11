// OverloadLog: says that requests or connections are turned away, once a second at most. What
// happens every day may be worth a line only when it happens often: `least` times in a second.
//
// Owner and thread: a loop.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "observe/log.h"

namespace tusk::clients {

class OverloadLog {
 public:
  explicit OverloadLog(std::string_view message, std::uint64_t least = 1)
      : message_(message), least_(least) {}

  // `example`: of whom or why it was the last time.
  void count(base::MonotonicTime now, std::string_view example = {}) {
    if (unsaid_ < least_ && now - since_ >= std::chrono::seconds(1)) {
      unsaid_ = 0;
      since_ = now;
    }
    ++unsaid_;
    if (unsaid_ < least_) return;
    if (said_ && now - last_ < std::chrono::seconds(1)) return;
    if (example.empty()) {
      observe::warn(message_, {{"times", unsaid_}});
    } else {
      observe::warn(message_, {{"times", unsaid_}, {"last", example}});
    }
    said_ = true;
    last_ = now;
    unsaid_ = 0;
  }

 private:
  std::string_view message_;
  std::uint64_t least_;
  bool said_ = false;
  base::MonotonicTime last_{};
  base::MonotonicTime since_{};  // of those that are fewer than `least_`
  std::uint64_t unsaid_ = 0;
};

}  // namespace tusk::clients
