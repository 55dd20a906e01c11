#include "php/library/locale_language.h"

#include <algorithm>

namespace tusk::php::library {

namespace {

constexpr std::size_t kLanguageCapacity = 12;  // ULOC_LANG_CAPACITY, with the NUL

}  // namespace

bool has_invalid_language(std::string_view locale) noexcept {
  constexpr std::string_view kSeparators = "_-.@";
  // "i-" and "x-" are part of the language (uloc_getLanguage()).
  const bool prefix = locale.size() > 1 && locale.find_first_of("iIxX") == 0 &&
                      (locale[1] == '-' || locale[1] == '_');
  const std::size_t end = locale.find_first_of(kSeparators, prefix ? 2 : 0);
  return std::min(end, locale.size()) >= kLanguageCapacity;
}

}  // namespace tusk::php::library
