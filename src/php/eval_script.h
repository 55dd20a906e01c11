// Runs a script for the executor `php`: its source, by zend_eval_stringl().
//
// A script sees the same as under `ext`: the text is compiled under the script's own name,
// superglobals come from the same parsers, and auto_prepend_file, the working directory and
// uncaught exceptions are handled as in php_execute_script(). Only the cost differs: OPcache does
// not know the main script, which is read and compiled for every request; files that it includes
// are cached.
//
// Thread: the worker.
#pragma once

#include "php/zend.h"

namespace tusk::php {

void eval_script(zend_file_handle& script);

}  // namespace tusk::php
