// The `php` executor's way to run a script: its source through zend_eval_stringl().
//
// What a script sees is the same as under `ext`: the text is compiled under the script's own name,
// superglobals come from the same parsers, auto_prepend_file, the working directory and uncaught
// exceptions are handled as php_execute_script() does. What differs is the cost: OPcache does not
// know the main script, which is read and compiled for every request; what it includes is cached.
//
// Thread: the worker.
#pragma once

#include "php/zend.h"

namespace tusk::php {

void eval_script(zend_file_handle& script);

}  // namespace tusk::php
