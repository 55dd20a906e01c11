// The PHP extension "tusk": the server's additions to PHP's life cycle, and its functions.
//
// Owner: the process; PHP keeps a pointer to it. Thread: the one on which PHP calls it.
#pragma once

#include "php/zend.h"

namespace tusk::php::sapi {

zend_module_entry& tusk_module();

}  // namespace tusk::php::sapi
