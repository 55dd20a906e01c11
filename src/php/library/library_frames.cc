#include "php/library/library_frames.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include <dlfcn.h>
#include <unwind.h>

#include "php/zend.h"

namespace tusk::php::library {

namespace {

// Each is the beginning of a file's name.
constexpr auto kHarmless =
    std::to_array<std::string_view>({"libc.", "libm.", "libgcc_s.", "libstdc++.", "ld-linux",
                                     "libgmp.", "libtidy.", "libasan.", "libtsan.", "libubsan."});
// A deeper stack has recursed through PHP, and its top is what matters.
constexpr int kMostFrames = 2000;

struct Walk {
  std::uintptr_t until;
  const void* last_base = nullptr;
  int frames = 0;
  const char* found = nullptr;
};

std::string_view file_name(const char* path) noexcept {
  const std::string_view text(path);
  return text.substr(text.rfind('/') + 1);
}

const void* base_of(const void* address) noexcept {
  Dl_info found{};
  return ::dladdr(address, &found) != 0 ? found.dli_fbase : nullptr;
}

bool is_ours(const void* base) noexcept {
  static const void* const tusk = base_of(reinterpret_cast<const void*>(&library_above));
  static const void* const libphp = base_of(reinterpret_cast<const void*>(&php_request_startup));
  return base == tusk || base == libphp;
}

// php_load_extension() and zend_load_extension() look for these.
bool is_extension(const char* path) noexcept {
  void* const handle = ::dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
  if (handle == nullptr) return false;
  const bool found = ::dlsym(handle, "get_module") != nullptr ||
                     ::dlsym(handle, "zend_extension_entry") != nullptr;
  ::dlclose(handle);
  return found;
}

bool is_library(const Dl_info& object) noexcept {
  if (is_ours(object.dli_fbase)) return false;
  const std::string_view name = file_name(object.dli_fname);
  const bool harmless = std::ranges::any_of(
      kHarmless, [name](std::string_view prefix) { return name.starts_with(prefix); });
  return !harmless && !is_extension(object.dli_fname);
}

_Unwind_Reason_Code look_at(_Unwind_Context* context, void* argument) {
  auto& walk = *static_cast<Walk*>(argument);
  if (_Unwind_GetCFA(context) > walk.until || ++walk.frames > kMostFrames) {
    return _URC_END_OF_STACK;
  }
  Dl_info object{};
  const auto address = reinterpret_cast<const void*>(_Unwind_GetIP(context));
  if (::dladdr(address, &object) == 0 || object.dli_fbase == walk.last_base) {
    return _URC_NO_REASON;
  }
  walk.last_base = object.dli_fbase;
  if (!is_library(object)) return _URC_NO_REASON;
  walk.found = object.dli_fname;
  return _URC_END_OF_STACK;
}

}  // namespace

const char* library_above(const void* bailout_buffer) noexcept {
  Walk walk{.until = reinterpret_cast<std::uintptr_t>(bailout_buffer)};
  _Unwind_Backtrace(look_at, &walk);
  return walk.found == nullptr ? nullptr : file_name(walk.found).data();
}

}  // namespace tusk::php::library
