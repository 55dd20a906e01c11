// HeaderChanges: the header fields that rules change in a response.
//
// Owner: the Route, then the response. Thread: any, one at a time.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "config/rule.h"
#include "http/response.h"

namespace tusk::rules {

// How many rules with header fields may match one request. The configuration allows fewer such
// rules than would overflow it.
inline constexpr std::size_t kMaxHeaderRules = 32;

// Collected while a request is routed and applied when its response begins. It refers to rules of a
// RuleSet, which outlives it.
class HeaderChanges {
 public:
  bool empty() const { return count_ == 0; }
  void clear() { count_ = 0; }
  void collect(std::span<const config::HeaderChange> changes) {
    if (!changes.empty() && count_ < rules_.size()) rules_[count_++] = changes;
  }

  // Applies the changes in the order in which they were collected.
  void apply(http::ResponseHead& head) const;

 private:
  std::array<std::span<const config::HeaderChange>, kMaxHeaderRules> rules_;
  std::size_t count_ = 0;
};

}  // namespace tusk::rules
