#include "php/library/locale_language.h"

#include <string>

#include <gtest/gtest.h>

namespace tusk::php::library {
namespace {

TEST(LocaleLanguage, ALanguageHasElevenCharactersAtMost) {
  for (const char* name :
       {"", "de", "de_DE.UTF-8", "aaaaaaaaaaa", "aaaaaaaaaaa_DE", "en@x=aaaaaaaaaaaa",
        "en-aaaaaaaaaaaaaaa", "x-aaaaaaaaa", "@", "_", "x", "i-"}) {
    EXPECT_FALSE(has_invalid_language(name)) << name;
  }
  for (const char* name :
       {"aaaaaaaaaaaa", "aaaaaaaaaaaa_DE", "aaaaaaaaaaaa@x=y", "i-aaaaaaaaaa", "12 34 56 78 90"}) {
    EXPECT_TRUE(has_invalid_language(name)) << name;
  }
}

}  // namespace
}  // namespace tusk::php::library
