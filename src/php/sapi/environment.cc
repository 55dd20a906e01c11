#include "php/sapi/environment.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <unistd.h>

#include "php/script_thread.h"

namespace tusk::php::sapi {

namespace {

// The names that nginx's fastcgi_params and PHP-FPM pass on, besides HTTP_ and SSL_. PHP_SELF and
// the REQUEST_TIMEs are not among them: PHP adds those to $_SERVER itself. Sorted.
constexpr std::array<std::string_view, 25> kCgiNames = {
    "AUTH_TYPE",         "CONTENT_LENGTH", "CONTENT_TYPE",    "DOCUMENT_ROOT",   "DOCUMENT_URI",
    "GATEWAY_INTERFACE", "HTTPS",          "PATH_INFO",       "PATH_TRANSLATED", "QUERY_STRING",
    "REDIRECT_STATUS",   "REMOTE_ADDR",    "REMOTE_PORT",     "REMOTE_USER",     "REQUEST_METHOD",
    "REQUEST_SCHEME",    "REQUEST_URI",    "SCRIPT_FILENAME", "SCRIPT_NAME",     "SERVER_ADDR",
    "SERVER_NAME",       "SERVER_PORT",    "SERVER_PROTOCOL", "SERVER_SOFTWARE", "UNIQUE_ID"};
static_assert(std::ranges::is_sorted(kCgiNames));

bool is_cgi_name(std::string_view name) noexcept {
  if (name == "HTTP_PROXY") return false;  // the process's or none (httpoxy)
  return name.starts_with("HTTP_") || name.starts_with("SSL_") ||
         std::ranges::binary_search(kCgiNames, name);
}

// $_SERVER as it was made, whatever the script has changed since. Null outside a request.
const zval* server_variables() noexcept {
  if (SG(server_context) == nullptr) return nullptr;
  // Makes $_SERVER if the script has not named it.
  zend_is_auto_global(ZSTR_KNOWN(ZEND_STR_AUTOGLOBAL_SERVER));
  const zval* const server = &PG(http_globals)[TRACK_VARS_SERVER];
  return Z_TYPE_P(server) == IS_ARRAY ? server : nullptr;
}

// PHP's own import also skips a name that would be invalid in $_GET.
bool is_importable(std::string_view name) noexcept {
  return !name.empty() && name.find_first_of(" .[") == std::string_view::npos;
}

// The environment without the CGI variables. May leave by longjmp.
void import_environment(zval* array) noexcept {
  ScriptThread* const thread = ScriptThread::current();
  const bool changed = thread != nullptr && !thread->environment.empty();
  for (char** at = changed ? thread->environment.merge(environ) : environ;
       at != nullptr && *at != nullptr; ++at) {
    const std::string_view text(*at);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || !is_importable(text.substr(0, equals))) continue;
    zval value;
    ZVAL_STRINGL_FAST(&value, text.data() + equals + 1, text.size() - equals - 1);
    zend_symtable_str_update(Z_ARRVAL_P(array), text.data(), equals, &value);
  }
}

// php_import_environment_variables: for $_ENV, and for getenv() without a name.
void import_environment_and_request(zval* array) noexcept {
  import_environment(array);
  const zval* const server = server_variables();
  if (server == nullptr) return;
  zend_string* name = nullptr;
  zval* value = nullptr;
  ZEND_HASH_FOREACH_STR_KEY_VAL(Z_ARRVAL_P(server), name, value) {
    if (name == nullptr || !is_cgi_name({ZSTR_VAL(name), ZSTR_LEN(name)})) continue;
    Z_TRY_ADDREF_P(value);
    zend_hash_update(Z_ARRVAL_P(array), name, value);
  }
  ZEND_HASH_FOREACH_END();
}

}  // namespace

void install_environment_import() noexcept {
  php_import_environment_variables = import_environment_and_request;
}

char* cgi_variable(const char* name, size_t length) noexcept {
  if (!is_cgi_name({name, length})) return nullptr;
  const zval* const server = server_variables();
  if (server == nullptr) return nullptr;
  const zval* const value = zend_hash_str_find(Z_ARRVAL_P(server), name, length);
  return value != nullptr && Z_TYPE_P(value) == IS_STRING ? Z_STRVAL_P(value) : nullptr;
}

}  // namespace tusk::php::sapi
