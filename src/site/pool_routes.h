// PoolRoutes: which pool runs a request's script.
//
// Immutable once compiled; thread: any.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "rules/path_list.h"

namespace tusk::site {

// The claims of a pool of the configuration on requests.
struct PoolRoute {
  std::string name{};
  std::string where{};               // "/etc/tusk.toml:12", for messages and tusk route
  std::string script{};              // absolute path of the resident script; empty: none
  std::string script_name{};         // the same below the document root: "/index.php"; or empty
  std::vector<std::string> match{};  // globs of whole paths; empty: any path
};

// Pools are tried in the order of the configuration. The number of a pool is its place in this
// order, from 1; 0 is the default pool, which has no route.
class PoolRoutes {
 public:
  PoolRoutes() = default;  // only the default pool

  // On failure returns one line for each mistake.
  static std::expected<PoolRoutes, std::vector<std::string>> compile(
      const std::vector<PoolRoute>& routes);

  bool empty() const { return pools_.empty(); }
  const PoolRoute& operator[](std::uint16_t pool) const { return pools_[pool - 1U].route; }

  // The pool of a request for this script: `script_name` below `root`. `path` is decoded, and as
  // the client has sent it. If the pool has a script and a match, its script answers instead.
  std::uint16_t of_script(std::string_view path, std::string_view root,
                          std::string_view script_name) const;
  // The pool whose resident script answers `path` although routing has found neither a file nor a
  // script; 0: there is none. The first pool with a match for the path decides.
  std::uint16_t of_unanswered(std::string_view path) const;

  bool replaces_script(std::uint16_t pool) const { return pools_[pool - 1U].replaces_script(); }

 private:
  struct Entry {
    PoolRoute route;
    rules::PathList match;

    bool replaces_script() const { return !route.script.empty() && !match.empty(); }
  };

  std::vector<Entry> pools_;
};

}  // namespace tusk::site
