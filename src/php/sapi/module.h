// The PHP extension "tusk": what the server adds to PHP's own life cycle, and its functions.
//
// Owner: the process; PHP keeps a pointer to it. Thread: as PHP calls it.
#pragma once

#include "php/zend.h"

namespace tusk::php::sapi {

zend_module_entry& tusk_module();

}  // namespace tusk::php::sapi
