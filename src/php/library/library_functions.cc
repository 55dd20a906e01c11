#include "php/library/library_functions.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <string_view>

namespace tusk::php::library {

namespace {

// Extensions that are entirely PHP's own C: a longjmp may leave them where they call PHP.
// Extensions are listed too whose libraries never call PHP and allocate from PHP's heap.
constexpr auto kOwnModules = std::to_array<std::string_view>(
    {"Core",    "standard", "SPL",      "Reflection", "pcre",    "json",     "hash",
     "random",  "date",     "session",  "tokenizer",  "filter",  "ctype",    "Phar",
     "posix",   "pcntl",    "mbstring", "mysqlnd",    "mysqli",  "calendar", "bcmath",
     "exif",    "fileinfo", "ftp",      "iconv",      "shmop",   "sysvmsg",  "sysvsem",
     "sysvshm", "sockets",  "gmp",      "tidy",       "openssl", "sodium",   "Zend OPcache",
     "FFI",     "tusk"});

enum class Kind : unsigned char { kUnknown, kOwn, kLibrary };

// Indexed by module number. If two threads compute an entry at once, the result is the same.
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
  // Functions that are made while the script runs, without a module: Closure::__invoke(), and FFI's
  // functions (zend_ffi_get_func()). FFI turns any exception in a callback of its library into a
  // fatal error (zend_ffi_callback_trampoline()), so nothing would be gained there.
  if ((function.common.fn_flags & ZEND_ACC_CALL_VIA_TRAMPOLINE) != 0) return false;
  const zend_module_entry* const module = function.internal_function.module;
  return module != nullptr && wraps_library(*module);
}

// The script may iterate over an object of an extension without a call: PDOStatement.
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
