// Patterns that MessageFormatter rejects.
//
// icu::MessageFormat is empty after a pattern that it could not parse (resetPattern() in
// msgfmt.cpp): it does not even have the end of a pattern, so parse() and format() read beyond its
// memory. Yet umsg_open() returns such an object, where all similar functions return none, and
// umsg_applyPattern() leaves one behind. PHP keeps both: after a second call of a constructor whose
// exception was caught, a subclass that catches it, or a failed setPattern(), using the object
// ended the process. So here umsg_open() returns nothing after a failure, which PHP treats as an
// object that is not constructed, and a rejected pattern leaves the previous one in place.
//
// Thread: any. ICU does not call PHP, so no longjmp leaves these frames.

#include "php/library/icu_names.h"

#ifdef TUSK_ICU_VERSION

#include <cstdint>
#include <string>

#include "php/libc/libc_function.h"

namespace {

using tusk::php::libc::libc_function;

// From unicode/umsg.h, whose headers need not be installed.
using Open = void*(const char16_t* pattern, std::int32_t length, const char* locale,
                   void* parse_error, int* status);
using Close = void(void* format);
using ApplyPattern = void(void* format, const char16_t* pattern, std::int32_t length,
                          void* parse_error, int* status);
using ToPattern = std::int32_t(const void* format, char16_t* text, std::int32_t capacity,
                               int* status);

// Warnings are negative (U_FAILURE).
bool failed(int status) noexcept { return status > 0; }

std::u16string pattern_of(const void* format) {
  static const auto to_pattern = libc_function<ToPattern>(TUSK_ICU_NAME(umsg_toPattern));
  std::u16string text;
  if (to_pattern == nullptr) return text;
  int status = 0;
  const std::int32_t length = to_pattern(format, nullptr, 0, &status);
  if (length <= 0) return text;
  text.resize(static_cast<std::size_t>(length));
  status = 0;
  to_pattern(format, text.data(), length, &status);
  if (failed(status)) text.clear();
  return text;
}

}  // namespace

extern "C" void* TUSK_ICU(umsg_open)(const char16_t* pattern, std::int32_t length,
                                     const char* locale, void* parse_error, int* status) {
  static const auto open = libc_function<Open>(TUSK_ICU_NAME(umsg_open));
  static const auto close = libc_function<Close>(TUSK_ICU_NAME(umsg_close));
  void* const format = open(pattern, length, locale, parse_error, status);
  if (format == nullptr || status == nullptr || !failed(*status)) return format;
  close(format);
  return nullptr;
}

extern "C" void TUSK_ICU(umsg_applyPattern)(void* format, const char16_t* pattern,
                                            std::int32_t length, void* parse_error, int* status) {
  static const auto apply = libc_function<ApplyPattern>(TUSK_ICU_NAME(umsg_applyPattern));
  if (format == nullptr || status == nullptr || failed(*status)) {
    return apply(format, pattern, length, parse_error, status);
  }
  const std::u16string before = pattern_of(format);
  apply(format, pattern, length, parse_error, status);
  if (!failed(*status)) return;
  int restored = 0;
  apply(format, before.c_str(), static_cast<std::int32_t>(before.size()), nullptr, &restored);
}

#endif
