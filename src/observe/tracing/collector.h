// Collector: the HTTP client that hands spans to a collector.
//
// Owner and thread: the exporter.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/tracing/collector_url.h"

namespace tusk::observe::tracing {

// Sends each batch by a connection of its own, in blocking calls with a limit: batches are seconds
// apart, and the thread has nothing else to do. It speaks as much of HTTP as that takes.
class Collector {
 public:
  enum class Outcome : std::uint8_t {
    kAccepted,
    kUnavailable,  // not reached, 429, or 502 to 504: try again later
    kRefused,      // another status: this batch will never be accepted
  };

  struct Answer {
    Outcome outcome = Outcome::kUnavailable;
    std::string reason;  // in words, unless accepted
  };

  // `gives_up` is asked several times a second while it waits.
  Collector(base::tracing::CollectorUrl url, std::function<bool()> gives_up)
      : url_(std::move(url)), gives_up_(std::move(gives_up)) {}

  Answer post(std::string_view json);

 private:
  base::tracing::CollectorUrl url_;
  std::function<bool()> gives_up_;
};

}  // namespace tusk::observe::tracing
