#include "app/engine/embedded_php.h"
#include "php/native_engine.h"

namespace tusk::app {

bool has_embedded_php() { return true; }

std::string embedded_php_name() { return php::Runtime::description(); }

base::Result<std::unique_ptr<exec::Engine>> start_embedded_php(const php::Settings& settings) {
  return php::NativeEngine::start(settings);
}

php::Facts embedded_php_facts(const php::Settings& settings, const exec::Engine* engine) {
  return php::collect_facts(settings, engine);
}

}  // namespace tusk::app
