// Priority: the priority of a response (RFC 9218).
//
// Plain data. Thread: any.
#pragma once

#include <cstdint>
#include <string_view>

namespace tusk::http::h2 {

// Says how urgent a response is (RFC 9218 §4). The client sends it in a request field or in
// PRIORITY_UPDATE; the response's own field overrides it (§8).
struct Priority {
  std::uint8_t urgency = 3;  // 0 goes first, 7 last
  bool incremental = false;

  // Applies what the field says and keeps the rest. Unknown members and values out of range are
  // ignored (§4).
  void merge(std::string_view field);

  bool operator==(const Priority&) const = default;
};

}  // namespace tusk::http::h2
