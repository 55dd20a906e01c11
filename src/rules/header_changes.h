// HeaderChanges: which rules' header fields a response gets.
//
// A value that goes with a request from where it is routed to where its response begins; it refers
// to rules of a RuleSet, which outlives it. Thread: any; one at a time.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "config/rule.h"
#include "http/response.h"

namespace tusk::rules {

// How many rules with header fields one request may collect; the configuration's own limit is
// lower than what would be needed to overflow it.
inline constexpr std::size_t kMaxHeaderRules = 32;

class HeaderChanges {
 public:
  bool empty() const { return count_ == 0; }
  void clear() { count_ = 0; }
  void collect(std::span<const config::HeaderChange> changes) {
    if (!changes.empty() && count_ < rules_.size()) rules_[count_++] = changes;
  }

  // In the order in which they were collected.
  void apply(http::ResponseHead& head) const;

 private:
  std::array<std::span<const config::HeaderChange>, kMaxHeaderRules> rules_;
  std::size_t count_ = 0;
};

}  // namespace tusk::rules
