#include <string_view>

#include <unistd.h>

#include "php/libc/working_directory.h"
#include "php/script_thread.h"
#include "php/zend.h"

namespace tusk::php::libc {

namespace {

zif_handler php_chdir = nullptr;

void change_directory(INTERNAL_FUNCTION_PARAMETERS) {
  php_chdir(INTERNAL_FUNCTION_PARAM_PASSTHRU);
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr || Z_TYPE_P(return_value) != IS_TRUE) return;
  PathBuffer buffer;
  if (const char* const directory = virtual_getcwd(buffer.data(), buffer.size())) {
    thread->enter_directory(directory);
  }
}

}  // namespace

void enter_directory_of(const char* script) noexcept {
  ScriptThread* const thread = ScriptThread::current();
  const std::string_view path(script);
  const std::size_t slash = path.rfind('/');
  if (thread == nullptr || slash == std::string_view::npos) return;
  thread->enter_directory(path.substr(0, slash == 0 ? 1 : slash));
}

void follow_chdir() noexcept {
  auto* const function = static_cast<zend_internal_function*>(
      zend_hash_str_find_ptr(CG(function_table), ZEND_STRL("chdir")));
  if (function == nullptr) return;
  php_chdir = function->handler;
  function->handler = change_directory;
}

const char* script_directory(PathBuffer& buffer) noexcept {
  const char* const directory = virtual_getcwd(buffer.data(), buffer.size());
  return directory != nullptr && ::access(directory, X_OK) == 0 ? directory : nullptr;
}

}  // namespace tusk::php::libc
