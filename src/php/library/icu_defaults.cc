#include "php/library/icu_defaults.h"

#include <array>
#include <string>

#include <dlfcn.h>

namespace tusk::php::library {

namespace {

// ICU's names end in its version (U_ICU_ENTRY_POINT_RENAME), which depends on the loaded library.
void* icu_function(const std::string& name) {
  constexpr int kOldest = 57;  // what PHP 8.4 requires
  constexpr int kNewest = 120;
  for (int version = kOldest; version <= kNewest; ++version) {
    void* const found = ::dlsym(RTLD_DEFAULT, (name + '_' + std::to_string(version)).c_str());
    if (found != nullptr) return found;
  }
  return nullptr;
}

}  // namespace

void fix_icu_defaults() noexcept {
  using GetLocale = const char*();
  using GetTimeZone = int(char16_t*, int, int*);
  if (auto* const locale = reinterpret_cast<GetLocale*>(icu_function("uloc_getDefault"))) {
    (void)locale();
  }
  auto* const zone = reinterpret_cast<GetTimeZone*>(icu_function("ucal_getDefaultTimeZone"));
  if (zone == nullptr) return;
  std::array<char16_t, 128> name{};
  int error = 0;
  (void)zone(name.data(), name.size(), &error);
}

}  // namespace tusk::php::library
