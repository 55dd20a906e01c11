#include "php/sapi/functions.h"

#include <optional>
#include <string_view>
#include <utility>

#include "http/token.h"
#include "php/interrupt/time_limits.h"
#include "php/request_context.h"
#include "php/resident/script_loop.h"
#include "php/sapi/header_lines.h"
#include "php/sapi/interim_response.h"
#include "php/sapi/request_fields.h"
#include "php/sapi/script_log.h"
#include "php/sapi/session_release.h"

namespace tusk::php::sapi {

namespace {

// PHP may leave these functions by longjmp: no frame of them holds an object with a destructor.

// Null: there is no response, as in a process that the script forked.
RequestContext* current() noexcept {
  auto* const context = static_cast<RequestContext*>(SG(server_context));
  return context != nullptr && !context->muted ? context : nullptr;
}

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(returns_bool, 0, 0, _IS_BOOL, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(returns_array, 0, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(early_hints_arguments, 0, 1, _IS_BOOL, 0)
ZEND_ARG_TYPE_MASK(0, headers, MAY_BE_STRING | MAY_BE_ARRAY, nullptr)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(headers_send_arguments, 0, 0, IS_LONG, 0)
ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, status, IS_LONG, 0, "200")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(log_arguments, 0, 2, IS_VOID, 0)
ZEND_ARG_TYPE_MASK(0, level, MAY_BE_LONG | MAY_BE_STRING, nullptr)
ZEND_ARG_TYPE_INFO(0, message, IS_STRING, 0)
ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, context, IS_ARRAY, 0, "[]")
ZEND_END_ARG_INFO()

PHP_FUNCTION(tusk_log) {
  zend_string* name = nullptr;
  zend_long number = 0;
  zend_string* message = nullptr;
  HashTable* values = nullptr;
  ZEND_PARSE_PARAMETERS_START(2, 3)
  Z_PARAM_STR_OR_LONG(name, number)
  Z_PARAM_STR(message)
  Z_PARAM_OPTIONAL
  Z_PARAM_ARRAY_HT(values)
  ZEND_PARSE_PARAMETERS_END();
  const std::optional<ScriptLevel> level =
      name != nullptr ? script_level(std::string_view(ZSTR_VAL(name), ZSTR_LEN(name)))
                      : script_level(number);
  if (!level) {
    zend_argument_value_error(
        1, "must be a level of PSR-3, such as \"warning\", or a constant such as LOG_WARNING");
    RETURN_THROWS();
  }
  log_from_script(*level, {ZSTR_VAL(message), ZSTR_LEN(message)}, values,
                  static_cast<RequestContext*>(SG(server_context)));
}

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(handle_request_arguments, 0, 1, _IS_BOOL, 0)
ZEND_ARG_TYPE_INFO(0, handler, IS_CALLABLE, 0)
ZEND_END_ARG_INFO()

// The name by which the script has called the function.
const char* called_name() { return get_active_function_name(); }

// Null: the function cannot be called here, and an exception says why.
resident::ScriptLoop* loop_for_call() {
  auto* const loop = resident::ScriptLoop::current();
  const char* reason = nullptr;
  if (loop == nullptr) reason = "works only in the resident script of a pool";
  if (loop != nullptr && loop->is_handling())
    reason = "must not be called while a request is handled";
  if (EG(active_fiber) != nullptr) reason = "must not be called inside a fiber";
  if (reason == nullptr) return loop;
  zend_throw_exception_ex(spl_ce_RuntimeException, 0, "%s() %s", called_name(), reason);
  return nullptr;
}

PHP_FUNCTION(tusk_handle_request) {
  zend_fcall_info call;
  zend_fcall_info_cache function;
  ZEND_PARSE_PARAMETERS_START(1, 1)
  Z_PARAM_FUNC(call, function)
  ZEND_PARSE_PARAMETERS_END();
  resident::ScriptLoop* const loop = loop_for_call();
  if (loop == nullptr) RETURN_THROWS();
  RETVAL_BOOL(loop->handle(call, function));
}

PHP_FUNCTION(tusk_next_request) {
  ZEND_PARSE_PARAMETERS_NONE();
  if (resident::ScriptLoop::current() == nullptr) {
    // Its own request, which has begun already.
    auto* const context = static_cast<RequestContext*>(SG(server_context));
    RETURN_BOOL(context != nullptr && !std::exchange(context->has_asked, true));
  }
  resident::ScriptLoop* const loop = loop_for_call();
  if (loop == nullptr) RETURN_THROWS();
  RETVAL_BOOL(loop->next());
}

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(after_rewind_arguments, 0, 1, _IS_BOOL, 0)
ZEND_ARG_TYPE_INFO(0, callback, IS_CALLABLE, 0)
ZEND_END_ARG_INFO()

PHP_FUNCTION(tusk_after_rewind) {
  zend_fcall_info call;
  zend_fcall_info_cache function;
  ZEND_PARSE_PARAMETERS_START(1, 1)
  Z_PARAM_FUNC(call, function)
  ZEND_PARSE_PARAMETERS_END();
  resident::ScriptLoop* const loop = resident::ScriptLoop::current();
  if (loop == nullptr || !loop->rewinds()) RETURN_FALSE;
  zval callback;
  ZVAL_COPY(&callback, &call.function_name);
  loop->rewound().add_hook(callback);
  RETURN_TRUE;
}

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(frankenphp_log_arguments, 0, 1, IS_VOID, 0)
ZEND_ARG_TYPE_INFO(0, message, IS_STRING, 0)
ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, level, IS_LONG, 0, "0")
ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, context, IS_ARRAY, 0, "[]")
ZEND_END_ARG_INFO()

PHP_FUNCTION(frankenphp_log) {
  zend_string* message = nullptr;
  zend_long level = kFrankenLevels[1].number;
  HashTable* values = nullptr;
  ZEND_PARSE_PARAMETERS_START(1, 3)
  Z_PARAM_STR(message)
  Z_PARAM_OPTIONAL
  Z_PARAM_LONG(level)
  Z_PARAM_ARRAY_HT(values)
  ZEND_PARSE_PARAMETERS_END();
  log_from_script(franken_level(level), {ZSTR_VAL(message), ZSTR_LEN(message)}, values,
                  static_cast<RequestContext*>(SG(server_context)));
}

PHP_FUNCTION(tusk_finish_request) {
  ZEND_PARSE_PARAMETERS_NONE();
  RequestContext* const context = current();
  if (context == nullptr || context->reply->finished()) RETURN_FALSE;
  write_and_close_session();
  php_output_end_all();
  sapi_send_headers();
  context->reply->finish();
  interrupt::TimeLimits::current()->response_finished();
  RETURN_TRUE;
}

PHP_FUNCTION(tusk_early_hints) {
  zend_string* line = nullptr;
  HashTable* lines = nullptr;
  ZEND_PARSE_PARAMETERS_START(1, 1)
  Z_PARAM_ARRAY_HT_OR_STR(lines, line)
  ZEND_PARSE_PARAMETERS_END();
  RequestContext* const context = current();
  if (context == nullptr || SG(headers_sent)) RETURN_FALSE;
  context->interim.clear();
  context->interim.status = 103;
  InterimField added = InterimField::kTaken;
  if (line != nullptr) added = add_interim_field(*context, ZSTR_VAL(line), ZSTR_LEN(line));
  if (added == InterimField::kInvalid) {
    zend_argument_value_error(1, "must be a header field, \"Name: value\"");
    RETURN_THROWS();
  }
  if (lines != nullptr) {
    zval* element = nullptr;
    ZEND_HASH_FOREACH_VAL(lines, element) {
      ZVAL_DEREF(element);
      added = Z_TYPE_P(element) == IS_STRING
                  ? add_interim_field(*context, Z_STRVAL_P(element), Z_STRLEN_P(element))
                  : InterimField::kInvalid;
      if (added != InterimField::kTaken) break;
    }
    ZEND_HASH_FOREACH_END();
    if (added == InterimField::kInvalid) {
      zend_argument_value_error(1, "must hold header fields only, \"Name: value\"");
      RETURN_THROWS();
    }
  }
  if (added == InterimField::kNoRoom) RETURN_FALSE;
  send_interim(*context);
  RETURN_TRUE;
}

PHP_FUNCTION(headers_send) {
  zend_long status = 200;
  ZEND_PARSE_PARAMETERS_START(0, 1)
  Z_PARAM_OPTIONAL
  Z_PARAM_LONG(status)
  ZEND_PARSE_PARAMETERS_END();
  if (status < 100 || status > 599 || status == 101) {
    zend_argument_value_error(1, "must be an HTTP status, and not 101");
    RETURN_THROWS();
  }
  RequestContext* const context = current();
  if (context == nullptr || SG(headers_sent)) RETURN_LONG(FAILURE);
  if (status < 200) {
    send_fields_as_interim(*context, static_cast<int>(status));
    RETURN_LONG(SUCCESS);
  }
  SG(sapi_headers).http_response_code = static_cast<int>(status);
  sapi_flush();
  RETURN_LONG(SUCCESS);
}

PHP_FUNCTION(getallheaders) {
  ZEND_PARSE_PARAMETERS_NONE();
  array_init(return_value);
  if (RequestContext* const context = current()) add_request_fields(*context, return_value);
}

PHP_FUNCTION(apache_response_headers) {
  ZEND_PARSE_PARAMETERS_NONE();
  array_init(return_value);
  visit_header_lines(SG(sapi_headers), [&](std::string_view name, std::string_view value) {
    add_assoc_stringl_ex(return_value, name.data(), name.size(), value.data(), value.size());
  });
}

}  // namespace

// clang-format off: a line for each function
const zend_function_entry kFunctions[] = {
    ZEND_FE(tusk_handle_request, handle_request_arguments)
    ZEND_FE(tusk_next_request, returns_bool)
    ZEND_FE(tusk_after_rewind, after_rewind_arguments)
    ZEND_FE(tusk_finish_request, returns_bool)
    ZEND_FE(tusk_early_hints, early_hints_arguments)
    ZEND_FE(tusk_log, log_arguments)
    ZEND_FE(headers_send, headers_send_arguments)
    ZEND_FE(getallheaders, returns_array)
    ZEND_FE(apache_response_headers, returns_array)
    ZEND_FE(frankenphp_log, frankenphp_log_arguments)
    TUSK_FUNCTION_ALIAS("apache_request_headers", zif_getallheaders, returns_array)
    TUSK_FUNCTION_ALIAS("fastcgi_finish_request", zif_tusk_finish_request, returns_bool)
    TUSK_FUNCTION_ALIAS("frankenphp_handle_request", zif_tusk_handle_request, handle_request_arguments)
    TUSK_FUNCTION_ALIAS("frankenphp_finish_request", zif_tusk_finish_request, returns_bool)
    TUSK_FUNCTION_ALIAS("frankenphp_request_headers", zif_getallheaders, returns_array)
    TUSK_FUNCTION_ALIAS("frankenphp_response_headers", zif_apache_response_headers, returns_array)
    ZEND_FE_END};
// clang-format on

}  // namespace tusk::php::sapi
