// The PHP that is linked into this program. There is one in a tusk-server that was built with a
// thread-safe PHP; another starts PHP in a host process only.
//
//   embedded_php_linked.cc   with libphp
//   embedded_php_absent.cc   without
//
// Thread: main.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "exec/executor.h"
#include "php/facts.h"
#include "php/settings.h"

namespace tusk::app {

bool has_embedded_php();

// "PHP 8.4.1 ZTS", or empty.
std::string embedded_php_name();

base::Result<std::unique_ptr<exec::Engine>> start_embedded_php(const php::Settings& settings);

// Describes the PHP that start_embedded_php() has started. `engine` is null if it could not start.
php::Facts embedded_php_facts(const php::Settings& settings, const exec::Engine* engine);

}  // namespace tusk::app
