// PathList: a list of globs, to test whether a path is in it.
//
// Immutable once compiled; thread: any.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rules/pattern.h"

namespace tusk::rules {

// Used for denied paths, for paths where no script runs, and for scripts that may run. All globs
// form one automaton, so a long list costs a request no more than a short one.
class PathList {
 public:
  enum class Extent {
    kBeneath,  // the path and everything below it
    kWhole,    // only the path
  };

  PathList() = default;  // empty

  // A glob that begins with a slash is a path from the root. A glob without a slash is the name of
  // a file or directory anywhere, case-insensitive.
  static base::Result<PathList> compile(std::span<const std::string> globs, Extent extent);

  bool empty() const { return !paths_ && !names_; }
  // The first of the globs that `path` matches; empty: none does. Compiles them one by one: for
  // explanations.
  std::string first_match(std::string_view path) const;
  // `path` is decoded.
  bool contains(std::string_view path) const {
    return (paths_ && paths_->matches(path)) || (names_ && names_->matches(path));
  }

 private:
  std::optional<Pattern> paths_;
  std::optional<Pattern> names_;
  std::vector<std::string> globs_;
  Extent extent_ = Extent::kBeneath;
};

}  // namespace tusk::rules
