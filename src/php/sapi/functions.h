// The PHP functions that tusk adds; src/php/sapi/functions.stub.php documents them.
//
// Owner: the extension "tusk" (module.cc). Thread: the worker whose script calls a function.
#pragma once

#include "php/zend.h"

namespace tusk::php::sapi {

extern const zend_function_entry kFunctions[];

}  // namespace tusk::php::sapi
