#include "php/library/icu_defaults.h"

#include <cstdlib>
#include <string>

#include <dlfcn.h>
#include <gtest/gtest.h>

#include "php/library/icu_names.h"

namespace tusk::php::library {
namespace {

#ifdef TUSK_ICU_VERSION

std::string icu_locale() {
  const auto get =
      reinterpret_cast<const char* (*)()>(::dlsym(RTLD_DEFAULT, TUSK_ICU_NAME(uloc_getDefault)));
  return get == nullptr ? std::string() : get();
}

// ICU reads the environment at its first use. Without fix_icu_defaults() that would be icu_locale()
// here, after a script may have changed the environment.
TEST(IcuDefaults, AreNotAScripts) {
  ::setenv("LC_ALL", "de_AT.UTF-8", 1);
  fix_icu_defaults();
  ::setenv("LC_ALL", "fr_FR.UTF-8", 1);
  EXPECT_EQ(icu_locale(), "de_AT");
  ::unsetenv("LC_ALL");
}

#endif

TEST(IcuDefaults, MayBeFixedTwice) {
  fix_icu_defaults();
  fix_icu_defaults();
}

}  // namespace
}  // namespace tusk::php::library
