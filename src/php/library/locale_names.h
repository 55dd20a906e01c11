// Names of locales that crash ICU 72 (Debian 12).
//
// A language of twelve characters or more makes an invalid icu::Locale, and
// DateTimePatternGenerator::createInstance() reads through a null pointer with one. The name may
// come from a cookie, or from Locale::setDefault(). So PHP's functions that pass such a name on
// fail beforehand, as they do with names that are longer than PHP allows.
//
// Owner: the process. Thread: main, when all modules have started; the functions on workers.
#pragma once

namespace tusk::php::library {

void refuse_invalid_locales() noexcept;

}  // namespace tusk::php::library
