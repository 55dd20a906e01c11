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
    std::string result;  // "/srv/www/a.php: not there"
  };

  void add(std::string_view what, std::string result) {
    steps_.push_back({std::string(what), std::move(result)});
  }
  const std::vector<Step>& steps() const { return steps_; }

 private:
  std::vector<Step> steps_;
};

}  // namespace tusk::site
