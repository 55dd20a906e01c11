// NumberFormatter::parseCurrency() when ICU finds no amount.
//
// unum_parseDoubleCurrency() treats a position other than 0 without an error as a success, and
// reads the amount through a null pointer. That happens with an offset at the end of the text, as
// in a loop over several amounts, or with the rules (SPELLOUT) of a locale without a currency. So
// it gets the text after the offset, and is not called for a format without a currency: those fail
// as any text without an amount does.
//
// Thread: any.

#include "php/library/icu_names.h"

#ifdef TUSK_ICU_VERSION

#include <cstdint>

#include "php/libc/libc_function.h"

namespace {

using tusk::php::libc::libc_function;

// From unicode/unum.h, ucurr.h and utypes.h, whose headers need not be installed.
constexpr int kParseError = 9;      // U_PARSE_ERROR
constexpr int kUnsupported = 16;    // U_UNSUPPORTED_ERROR
constexpr int kDefaultRuleset = 6;  // UNUM_DEFAULT_RULESET
constexpr int kValidLocale = 1;     // ULOC_VALID_LOCALE
constexpr std::int32_t kCode = 4;   // of a currency, with the NUL

using Parse = double(const void* format, const char16_t* text, std::int32_t length,
                     std::int32_t* position, char16_t* currency, int* status);
using GetText = std::int32_t(const void* format, int attribute, char16_t* text,
                             std::int32_t capacity, int* status);
using GetLocale = const char*(const void* format, int type, int* status);
using ForLocale = std::int32_t(const char* locale, char16_t* text, std::int32_t capacity,
                               int* status);

// Only formats with rules have rule sets.
bool has_rules(const void* format) noexcept {
  static const auto get = libc_function<GetText>(TUSK_ICU_NAME(unum_getTextAttribute));
  if (get == nullptr) return false;
  int status = 0;
  char16_t name = 0;
  get(format, kDefaultRuleset, &name, 1, &status);
  return status != kUnsupported;
}

// Decides what NumberFormat::getEffectiveCurrency() decides.
bool has_currency(const void* format) noexcept {
  static const auto get = libc_function<GetLocale>(TUSK_ICU_NAME(unum_getLocaleByType));
  static const auto currency = libc_function<ForLocale>(TUSK_ICU_NAME(ucurr_forLocale));
  if (get == nullptr || currency == nullptr) return false;
  int status = 0;
  const char* const locale = get(format, kValidLocale, &status);
  char16_t code[kCode];
  currency(locale, code, kCode, &status);
  return status <= 0;
}

double fail(char16_t* currency, int* status) noexcept {
  currency[0] = 0;
  *status = kParseError;
  return 0;
}

}  // namespace

extern "C" double TUSK_ICU(unum_parseDoubleCurrency)(const void* format, const char16_t* text,
                                                     std::int32_t length, std::int32_t* position,
                                                     char16_t* currency, int* status) {
  static const auto parse = libc_function<Parse>(TUSK_ICU_NAME(unum_parseDoubleCurrency));
  const std::int32_t offset = position != nullptr ? *position : 0;
  if (*status > 0 || text == nullptr || length < 0) {
    return parse(format, text, length, position, currency, status);
  }
  if (offset < 0 || offset >= length) return fail(currency, status);
  if (has_rules(format) && !has_currency(format)) return fail(currency, status);
  std::int32_t behind = 0;
  const double amount = parse(format, text + offset, length - offset, &behind, currency, status);
  if (position != nullptr) *position = offset + behind;
  return amount;
}

#endif
