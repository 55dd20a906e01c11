// The one door to libphp: PHP's headers, included in the one order and with the one configuration
// that work from C++.
//
// Thread: each thread that uses anything from here has called ts_resource(0) and
// ZEND_TSRMLS_CACHE_UPDATE() before (php/runtime.h: PhpThread).
//
// PHP unwinds by longjmp (zend_bailout). It must never cross a frame that holds an object with a
// destructor: what PHP calls is noexcept and holds only plain data, and what calls PHP code that
// may bail out is in php/request_run.cc, under zend_try.
#pragma once

#define ZEND_ENABLE_STATIC_TSRMLS_CACHE 1

// clang-format off: php.h comes first, but for one that forgets what language it is in
extern "C" {
#include <zend_virtual_cwd.h>
}
#include <php.h>

#include <SAPI.h>
#include <ext/session/php_session.h>
#include <ext/standard/info.h>
#include <php_ini.h>
#include <php_main.h>
#include <php_output.h>
#include <php_variables.h>
#include <zend_builtin_functions.h>
#include <zend_exceptions.h>
#include <zend_extensions.h>
#include <zend_inheritance.h>
#include <zend_observer.h>
#include <zend_stream.h>
#include <zend_system_id.h>
#include <zend_vm.h>
// clang-format on

#ifndef ZTS
#error "tusk needs a thread-safe PHP (ZTS)"
#endif

ZEND_TSRMLS_CACHE_EXTERN()
