#include "php/library/library_functions.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <string_view>

namespace tusk::php::library {

namespace {

// Extensions that are all PHP's own C: what they call PHP from, a longjmp may leave. Those whose
// libraries never call PHP, and have their memory from it, are here too.
constexpr auto kOwnModules = std::to_array<std::string_view>(
    {"Core",    "standard", "SPL",      "Reflection", "pcre",    "json",     "hash",
     "random",  "date",     "session",  "tokenizer",  "filter",  "ctype",    "Phar",
     "posix",   "pcntl",    "mbstring", "mysqlnd",    "mysqli",  "calendar", "bcmath",
     "exif",    "fileinfo", "ftp",      "iconv",      "shmop",   "sysvmsg",  "sysvsem",
     "sysvshm", "sockets",  "gmp",      "tidy",       "openssl", "sodium",   "Zend OPcache",
     "FFI",     "tusk"});

enum class Kind : unsigned char { kUnknown, kOwn, kLibrary };

// By module number; a guess that two threads make at once is the same.
constinit std::array<std::atomic<Kind>, 256> kinds{};

Kind look_up(const zend_module_entry& module) noexcept {
  return std::ranges::find(kOwnModules, std::string_view(module.name)) != kOwnModules.end()
             ? Kind::kOwn
             : Kind::kLibrary;
}

bool wraps_library(const zend_module_entry& module) noexcept {
  const auto number = static_cast<std::size_t>(module.module_number);
  if (number >= kinds.size()) return look_up(module) == Kind::kLibrary;
  Kind kind = kinds[number].load(std::memory_order_relaxed);
  if (kind == Kind::kUnknown) {
    kind = look_up(module);
    kinds[number].store(kind, std::memory_order_relaxed);
  }
  return kind == Kind::kLibrary;
}

bool internal_calls_back(const zend_function& function) noexcept {
  // Made while the script runs, and of no module: Closure::__invoke(), and functions of FFI's
  // (zend_ffi_get_func()). FFI makes a fatal error of any exception in what its library calls
  // (zend_ffi_callback_trampoline()), so nothing would be won there.
  if ((function.common.fn_flags & ZEND_ACC_CALL_VIA_TRAMPOLINE) != 0) return false;
  const zend_module_entry* const module = function.internal_function.module;
  return module != nullptr && wraps_library(*module);
}

// An object of an extension may be what the script iterates over, without a call: PDOStatement.
bool iterates(const zend_execute_data& frame) noexcept {
  switch (frame.opline != nullptr ? frame.opline->opcode : ZEND_NOP) {
    case ZEND_FE_RESET_R:
    case ZEND_FE_RESET_RW:
    case ZEND_FE_FETCH_R:
    case ZEND_FE_FETCH_RW:
    case ZEND_ADD_ARRAY_UNPACK:
    case ZEND_SEND_UNPACK:
    case ZEND_YIELD_FROM:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool LibraryFunctions::calls_back(const zend_execute_data& frame) noexcept {
  if (frame.func == nullptr) return false;
  if (frame.func->type == ZEND_INTERNAL_FUNCTION) return internal_calls_back(*frame.func);
  return iterates(frame);
}

bool LibraryFunctions::on_stack() noexcept {
  for (auto* at = EG(current_execute_data); at != nullptr; at = at->prev_execute_data) {
    if (at->func != nullptr && at->func->type == ZEND_INTERNAL_FUNCTION &&
        internal_calls_back(*at->func)) {
      return true;
    }
  }
  return false;
}

}  // namespace tusk::php::library
