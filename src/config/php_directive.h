// PhpDirective: a php.ini directive from tusk's configuration.
//
// Thread: any; a value.
#pragma once

#include <string>

namespace tusk::config {

// One php.ini directive given with -d, PHP_DEFINE or [php].
struct PhpDirective {
  std::string name;
  std::string value;

  bool operator==(const PhpDirective&) const = default;
};

}  // namespace tusk::config
