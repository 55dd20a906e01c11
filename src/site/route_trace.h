// RouteTrace: the explanation of a route.
//
// Owner: the caller of the router. Thread: the router's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tusk::site {

// The steps that led to a route, for `tusk route`. The router of the server fills it if it is given
// one.
class RouteTrace {
 public:
  struct Step {
    std::string what;    // "rule", "file", "script"
    std::string result;  // "/srv/www/a.php: does not exist"
    // The option whose value decided, by its name; empty: none did.
    std::string_view option{};
  };

  // `option` is a constant.
  void add(std::string_view what, std::string result, std::string_view option = {}) {
    steps_.push_back({std::string(what), std::move(result), option});
  }
  const std::vector<Step>& steps() const { return steps_; }

 private:
  std::vector<Step> steps_;
};

}  // namespace tusk::site
