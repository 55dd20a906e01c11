#include "rules/header_changes.h"

#include "http/token.h"

namespace tusk::rules {

void HeaderChanges::apply(http::ResponseHead& head) const {
  for (std::size_t i = 0; i < count_; ++i) {
    for (const config::HeaderChange& change : rules_[i]) {
      switch (change.kind) {
        case config::HeaderChange::Kind::kSet:
          // Vary is a list to which others add (compression), so it is extended and not replaced.
          if (http::equals_lower(change.name, "vary")) {
            head.add(change.name, change.value);
          } else {
            head.set(change.name, change.value);
          }
          break;
        case config::HeaderChange::Kind::kAdd:
          head.add(change.name, change.value);
          break;
        case config::HeaderChange::Kind::kRemove:
          head.remove(change.name);
          break;
      }
    }
  }
}

}  // namespace tusk::rules
