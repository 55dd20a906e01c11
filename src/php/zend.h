// The only way to include libphp's headers: in the order and with the configuration that work from
// C++, and with the same names whichever version they are of (php/compatibility/versions.h).
//
// Thread: each thread that uses anything from here must have PHP's globals (PhpThread in
// php/runtime.h, php/compatibility/thread_globals.h).
//
// PHP unwinds by longjmp (zend_bailout). It must never cross a frame that holds an object with a
// destructor: functions that PHP calls are noexcept and hold only plain data. Calls of PHP that may
// bail out are under zend_try: a request's in php/request_run.cc, php/eval_script.cc and
// php/resident/, a library's callbacks in php/library/library_guard.cc, and single calls in
// php/interrupt/script_interrupt.cc, php/library/orphans.cc, php/opcache/shared_code.cc,
// php/preload/file_facts.cc, php/preload/php_trial.cc, php/sapi/session_release.cc and
// php/sapi/user_ini.cc.
#pragma once

#define ZEND_ENABLE_STATIC_TSRMLS_CACHE 1

// clang-format off: php.h comes first, except for a header that lacks its own extern "C", which needs
// zend.h
#include <zend.h>

// A thread-safe libphp is compiled with it (-pthread), another is not: php_basic_globals has one more
// member with it.
#undef _REENTRANT
#ifdef ZTS
#define _REENTRANT 1
#endif

extern "C" {
#include <zend_virtual_cwd.h>
}
#include <php.h>
extern "C" {
#include <Zend/zend_smart_str.h>
#include <ext/standard/basic_functions.h>
#include <ext/standard/file.h>
}

#include <SAPI.h>
#include <ext/random/php_random.h>
#include <ext/session/php_session.h>
#include <ext/spl/spl_exceptions.h>
#include <ext/standard/info.h>
#include <php_ini.h>
#include <php_main.h>
#include <php_output.h>
#include <php_variables.h>
#include <zend_builtin_functions.h>
#include <zend_enum.h>
#include <zend_exceptions.h>
#include <zend_extensions.h>
#if PHP_VERSION_ID >= 80400
#include <zend_frameless_function.h>
#endif
#include <zend_generators.h>
#include <zend_inheritance.h>
#include <zend_ini_scanner.h>
#include <zend_observer.h>
#include <zend_stream.h>
#include <zend_system_id.h>
#include <zend_vm.h>
// clang-format on

// PHP's macros for its own functions: std has functions of these names.
#undef snprintf
#undef vsnprintf
#undef sprintf
#undef vsprintf

ZEND_TSRMLS_CACHE_EXTERN()

#include "php/compatibility/versions.h"
