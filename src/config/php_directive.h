// PhpDirective: one php.ini directive given with -d, PHP_DEFINE or [php].
//
// Thread: any; a value.
#pragma once

#include <string>

namespace tusk::config {

struct PhpDirective {
  std::string name;
  std::string value;

  bool operator==(const PhpDirective&) const = default;
};

}  // namespace tusk::config
