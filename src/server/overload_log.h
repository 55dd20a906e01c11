// OverloadLog: says that requests or connections are turned away, once a second at most.
//
// Owner and thread: a loop.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "observe/log.h"

namespace tusk::server {

class OverloadLog {
 public:
  explicit OverloadLog(std::string_view message) : message_(message) {}

  // `example`: of whom or why it was the last time.
  void count(base::MonotonicTime now, std::string_view example = {}) {
    ++unsaid_;
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
  bool said_ = false;
  base::MonotonicTime last_{};
  std::uint64_t unsaid_ = 0;
};

}  // namespace tusk::server
