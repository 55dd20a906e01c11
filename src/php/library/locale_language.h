// The language in a locale's name, as far as ICU limits it (php/library/locale_names.h).
//
// Pure. Thread: any.
#pragma once

#include <string_view>

namespace tusk::php::library {

// Whether ICU rejects the name as a locale.
bool has_invalid_language(std::string_view locale) noexcept;

}  // namespace tusk::php::library
