#include "php/eval_script.h"

#include <cstring>
#include <string_view>

namespace tusk::php {

namespace {

// PHP may leave these functions by longjmp: no frame of them holds an object with a destructor.

constexpr std::string_view kOpenTag = "<?php";

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// The text to evaluate: the file's text after its open tag or, without one at the start, the whole
// file as text outside of PHP. The first keeps `declare(strict_types=1)` and `namespace` the first
// statement, and both keep the line numbers.
zend_string* code_of(const char* source, std::size_t length) {
  const std::string_view text(source, length);
  if (text.size() > kOpenTag.size() && text.starts_with(kOpenTag) &&
      is_space(text[kOpenTag.size()])) {
    return zend_string_init(source + kOpenTag.size(), length - kOpenTag.size(), false);
  }
  return zend_string_concat2("?>", 2, source, length);
}

// Each returns whether the script continues: not after exit() and uncaught exceptions.

bool include_around(const char* name) {
  if (name == nullptr || *name == '\0') return true;
  zend_file_handle file;
  zend_stream_init_filename(&file, name);
  const zend_result result = zend_execute_script(ZEND_REQUIRE, nullptr, &file);
  zend_destroy_file_handle(&file);
  return result == SUCCESS;
}

bool handle_exception() {
  zend_exception_restore();
  if (EG(exception) == nullptr) return true;
  if (Z_TYPE(EG(user_exception_handler)) != IS_UNDEF) zend_user_exception_handler();
  return EG(exception) == nullptr || zend_exception_error(EG(exception), E_ERROR) == SUCCESS;
}

bool eval_source(zend_file_handle& script) {
  char* source = nullptr;
  std::size_t length = 0;
  if (zend_stream_fixup(&script, &source, &length) == FAILURE) {
    if (EG(exception) != nullptr) return handle_exception();  // php/script_file.h
    zend_message_dispatcher(ZMSG_FAILED_REQUIRE_FOPEN, ZSTR_VAL(script.filename));
    zend_bailout();
  }
  zend_string* const name =
      zend_string_copy(script.opened_path != nullptr ? script.opened_path : script.filename);
  zend_hash_add_empty_element(&EG(included_files), name);
  zend_string* const code = code_of(source, length);
  // The script must not find its own file open, for example in get_resources().
  zend_destroy_file_handle(&script);
  zend_eval_stringl(ZSTR_VAL(code), ZSTR_LEN(code), nullptr, ZSTR_VAL(name));
  zend_string_release(code);
  zend_string_release(name);
  return handle_exception();
}

}  // namespace

void eval_script(zend_file_handle& script) {
  char before[MAXPATHLEN];
  const bool known = VCWD_GETCWD(before, sizeof before) != nullptr;
  zend_try {
    PG(during_request_startup) = 0;
    VCWD_CHDIR_FILE(ZSTR_VAL(script.filename));
    if (PG(max_input_time) != -1) zend_set_timeout(INI_INT("max_execution_time"), false);
    if (include_around(PG(auto_prepend_file)) && eval_source(script)) {
      include_around(PG(auto_append_file));
    }
  }
  zend_end_try();
  if (known) VCWD_CHDIR(before);
}

}  // namespace tusk::php
