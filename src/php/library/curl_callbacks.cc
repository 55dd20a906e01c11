// Guards the functions of ext/curl that libcurl calls (php/library/library_guard.h). They append to
// a string, print, or call the script's functions, and any of these may end the script. libcurl
// gives up a transfer whose callback fails, and closes what it has open; a longjmp over it would
// leave a socket and a pair of pipes open for ever.
//
// They are guarded when they are passed to libcurl: curl_easy_setopt() is ours. Callbacks that are
// not the extension's are passed on unchanged.

#include <atomic>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <tuple>

#include <dlfcn.h>

#include "php/libc/libc_function.h"
#include "php/library/library_guard.h"
#include "php/zend.h"

namespace {

using tusk::php::library::LibraryGuard;

// Numbers of libcurl's interface, which never change; libcurl's headers are not needed to build
// tusk.
enum Option {
  kWriteFunction = 20011,
  kReadFunction = 20012,
  kProgressFunction = 20056,
  kHeaderFunction = 20079,
  kTransferInfoFunction = 20219,
};
constexpr std::size_t kAbortRead = 0x10000000;  // CURL_READFUNC_ABORT

using AnyFunction = void (*)();

// ext/curl passes the same function each time, whatever the transfer.
template <Option option>
constinit std::atomic<AnyFunction> original{nullptr};

template <class Result, class... Arguments>
struct Call {
  Result (*function)(Arguments...);
  std::tuple<Arguments...> arguments;
  Result result;

  static void make(void* self) {
    auto& call = *static_cast<Call*>(self);
    call.result = std::apply(call.function, call.arguments);
  }
};

// `failure` is the result that makes libcurl give up.
template <Option option, class Result, class... Arguments>
Result call_guarded(Result failure, Arguments... arguments) noexcept {
  if (LibraryGuard::unwinding()) return failure;
  const auto function =
      reinterpret_cast<Result (*)(Arguments...)>(original<option>.load(std::memory_order_relaxed));
  Call<Result, Arguments...> call{function, {arguments...}, failure};
  const bool done = LibraryGuard::run(Call<Result, Arguments...>::make, &call);
  return done && !LibraryGuard::unwinding() ? call.result : failure;
}

// Any number except the count of bytes is a failure.
template <Option option>
std::size_t take(char* data, std::size_t size, std::size_t count, void* handle) {
  const std::size_t failure = size * count == 0 ? 1 : 0;
  return call_guarded<option>(failure, data, size, count, handle);
}

std::size_t give(char* data, std::size_t size, std::size_t count, void* handle) {
  return call_guarded<kReadFunction>(kAbortRead, data, size, count, handle);
}

template <Option option, class Number>
int progress(void* handle, Number to_get, Number got, Number to_send, Number sent) {
  return call_guarded<option>(1, handle, to_get, got, to_send, sent);
}

const void* file_of(const void* address) noexcept {
  Dl_info found{};
  return ::dladdr(address, &found) != 0 ? found.dli_fbase : nullptr;
}

// The extension is in libphp, or in a file of its own.
bool is_of_extension(AnyFunction function) noexcept {
  const auto* const extension = static_cast<const zend_module_entry*>(
      zend_hash_str_find_ptr(&module_registry, ZEND_STRL("curl")));
  return extension != nullptr &&
         file_of(reinterpret_cast<void*>(function)) == file_of(extension->functions);
}

template <Option option, class Guarded>
void* guard(void* function, Guarded* guarded) noexcept {
  const auto given = reinterpret_cast<AnyFunction>(function);
  const AnyFunction known = original<option>.load(std::memory_order_relaxed);
  if (given == nullptr || (known != nullptr && known != given)) return function;
  if (known == nullptr) {
    if (!is_of_extension(given)) return function;
    original<option>.store(given, std::memory_order_relaxed);
  }
  return reinterpret_cast<void*>(guarded);
}

void* guard_if_callback(int option, void* value) noexcept {
  switch (option) {
    case kWriteFunction:
      return guard<kWriteFunction>(value, take<kWriteFunction>);
    case kHeaderFunction:
      return guard<kHeaderFunction>(value, take<kHeaderFunction>);
    case kReadFunction:
      return guard<kReadFunction>(value, give);
    case kProgressFunction:
      return guard<kProgressFunction>(value, progress<kProgressFunction, double>);
    case kTransferInfoFunction:
      return guard<kTransferInfoFunction>(value, progress<kTransferInfoFunction, std::int64_t>);
    default:
      return value;
  }
}

}  // namespace

// Whatever the type of the option's value, it is passed like a pointer.
extern "C" int curl_easy_setopt(void* handle, int option, ...) {
  static const auto next = tusk::php::libc::libc_function<int(void*, int, ...)>("curl_easy_setopt");
  va_list arguments;
  va_start(arguments, option);
  void* const value = va_arg(arguments, void*);
  va_end(arguments);
  return next(handle, option, guard_if_callback(option, value));
}
