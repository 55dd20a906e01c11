// PathList: a list of globs, and whether a path is among them: what is denied, where no script
// runs, which scripts run.
//
// Immutable once compiled; thread: any. All globs are one automaton, so a long list costs a request
// no more than a short one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "rules/pattern.h"

namespace tusk::rules {

class PathList {
 public:
  enum class Extent {
    kBeneath,  // the path, and all that is below it
    kWhole,    // the path alone
  };

  PathList() = default;  // holds nothing

  // A glob with a leading slash is a path from the root on. One without a slash is the name of a
  // file or directory, wherever it is, in either case of letters.
  static base::Result<PathList> compile(std::span<const std::string> globs, Extent extent);

  bool empty() const { return !paths_ && !names_; }
  // Of a decoded path.
  bool contains(std::string_view path) const {
    return (paths_ && paths_->matches(path)) || (names_ && names_->matches(path));
  }

 private:
  std::optional<Pattern> paths_;
  std::optional<Pattern> names_;
};

}  // namespace tusk::rules
