// Priority: how urgent a response is (RFC 9218 §4): what the client says, in the request's field or
// in PRIORITY_UPDATE, and what the response's own field puts in its place (§8).
//
// Plain data. Thread: any.
#pragma once

#include <cstdint>
#include <string_view>

namespace tusk::http::h2 {

struct Priority {
  std::uint8_t urgency = 3;  // 0 goes first, 7 last
  bool incremental = false;

  // Takes what the field says, and leaves the rest as it is. What is unknown or out of its range is
  // ignored (§4).
  void merge(std::string_view field);

  bool operator==(const Priority&) const = default;
};

}  // namespace tusk::http::h2
