#include "php/ini_syntax.h"

#include <cstdio>
#include <utility>

#include "php/runtime.h"
#include "php/zend.h"

namespace tusk::php {

namespace {

// The parser's message about the file that is read now.
std::string message_of_parser;

void take_message(int /*type*/, zend_string* /*file*/, std::uint32_t /*line*/,
                  zend_string* message) {
  message_of_parser.assign(ZSTR_VAL(message), ZSTR_LEN(message));
}

void ignore_entry(zval* /*name*/, zval* /*value*/, zval* /*index*/, int /*kind*/, void* /*data*/) {}

// PHP may leave no frame here by longjmp: the parser only warns.
std::string syntax_error_of(const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "r");
  if (file == nullptr) return {};
  zend_file_handle handle;
  zend_stream_init_fp(&handle, file, path.c_str());
  // ini_error() in Zend/zend_ini_parser.y: a message goes to zend_error_cb unless it is unbuffered.
  auto* const before = std::exchange(zend_error_cb, take_message);
  message_of_parser.clear();
  const int read =
      zend_parse_ini_file(&handle, false, ZEND_INI_SCANNER_NORMAL, ignore_entry, nullptr);
  zend_error_cb = before;
  zend_destroy_file_handle(&handle);
  if (read == SUCCESS) return {};
  while (message_of_parser.ends_with('\n')) message_of_parser.pop_back();
  return message_of_parser.empty() ? "syntax error in " + path : std::move(message_of_parser);
}

}  // namespace

std::vector<std::string> ini_syntax_errors() {
  std::vector<std::string> errors;
  const IniFiles files = Runtime::ini_files();
  std::vector<std::string> paths = files.scanned;
  if (!files.loaded.empty()) paths.insert(paths.begin(), files.loaded);
  for (const std::string& path : paths) {
    std::string error = syntax_error_of(path);
    if (!error.empty()) errors.push_back(std::move(error));
  }
  return errors;
}

}  // namespace tusk::php
