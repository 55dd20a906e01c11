// Names of locales that ICU 72 (Debian 12) does not survive.
//
// A language of twelve characters or more makes an invalid icu::Locale, and
// DateTimePatternGenerator::createInstance() reads through a null pointer with one. The name may
// come from a cookie, or from Locale::setDefault(). So the functions of PHP that hand such a name
// on fail before, as they do with names that are longer than PHP allows.
//
// Owner: the process. Thread: main, while modules start; the functions on workers.
#pragma once

#include <string_view>

namespace tusk::php::library {

// Whether ICU takes the name for no locale at all.
bool has_invalid_language(std::string_view locale) noexcept;

void refuse_invalid_locales() noexcept;

}  // namespace tusk::php::library
