// Names of locales that crash ICU 72 (Debian 12).
//
// A language of twelve characters or more makes an invalid icu::Locale, and
// DateTimePatternGenerator::createInstance() reads through a null pointer with one. The name may
// come from a cookie, or from Locale::setDefault(). So PHP's functions that pass such a name on
// fail beforehand, as they do with names that are longer than PHP allows.
//
// Owner: the process. Thread: main, while modules start; the functions on workers.
#pragma once

#include <string_view>

namespace tusk::php::library {

// Whether ICU rejects the name as a locale.
bool has_invalid_language(std::string_view locale) noexcept;

void refuse_invalid_locales() noexcept;

}  // namespace tusk::php::library
