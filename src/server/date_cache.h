// DateCache: the Date field of responses.
//
// Owner and thread: one loop.
#pragma once

#include <array>
#include <cstdint>
#include <ctime>
#include <string_view>

#include "http/date.h"

namespace tusk::server {

// The value of the Date field, formatted once a second.
class DateCache {
 public:
  std::string_view text() {
    refresh();
    return {text_.data(), text_.size()};
  }
  std::int64_t seconds() {
    refresh();
    return second_;
  }

 private:
  void refresh() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME_COARSE, &now);  // vDSO, a few ns
    if (now.tv_sec == second_) return;
    second_ = now.tv_sec;
    http::format_date(second_, text_);
  }

  std::int64_t second_ = -1;
  std::array<char, http::kDateBytes> text_{};
};

}  // namespace tusk::server
