// The SAPI module: the table of callbacks through which PHP reads a request and writes a response.
//
// PHP starts under the name "cli-server"; scripts are told another name (php/sapi/sapi_name.h).
//
// Owner: the process. Thread: the callbacks run on the worker whose script called them.
#pragma once

#include "php/zend.h"

namespace tusk::php::sapi {

// The one instance. PHP keeps a pointer to it.
sapi_module_struct& sapi_module_instance();

}  // namespace tusk::php::sapi
