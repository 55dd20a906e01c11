#include "app/engine/embedded_php.h"

namespace tusk::app {

bool has_embedded_php() { return false; }

std::string embedded_php_name() { return {}; }

base::Result<std::unique_ptr<exec::Engine>> start_embedded_php(const php::Settings& /*settings*/) {
  return base::fail(
      "engine: this tusk-server has no PHP in it for threads, because tusk was built with a PHP "
      "that is not "
      "thread-safe, as Debian's is; set engine = \"processes\", which is the default here");
}

php::Facts embedded_php_facts(const php::Settings& /*settings*/, const exec::Engine* /*engine*/) {
  return {};
}

}  // namespace tusk::app
