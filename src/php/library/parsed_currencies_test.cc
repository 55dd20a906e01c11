// unum_parseDoubleCurrency() of php/library/parsed_currencies.cc, which replaces ICU's.

#include "php/library/icu_names.h"

#ifdef TUSK_ICU_VERSION

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <dlfcn.h>
#include <gtest/gtest.h>

extern "C" double TUSK_ICU(unum_parseDoubleCurrency)(const void* format, const char16_t* text,
                                                     std::int32_t length, std::int32_t* position,
                                                     char16_t* currency, int* status);

namespace {

template <class Function>
Function* icu(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_DEFAULT, name));
}

constexpr int kCurrency = 2;    // UNUM_CURRENCY
constexpr int kSpellout = 5;    // UNUM_SPELLOUT
constexpr int kParseError = 9;  // U_PARSE_ERROR

class ParsedCurrencies : public testing::Test {
 protected:
  ~ParsedCurrencies() override {
    if (format_ != nullptr) icu<void(void*)>(TUSK_ICU_NAME(unum_close))(format_);
  }

  void open(int style, const char* locale) {
    using Open = void*(int, const char16_t*, std::int32_t, const char*, void*, int*);
    int status = 0;
    format_ = icu<Open>(TUSK_ICU_NAME(unum_open))(style, nullptr, 0, locale, nullptr, &status);
    ASSERT_NE(format_, nullptr);
  }
  double parse(std::u16string_view text, std::int32_t position) {
    position_ = position;
    status_ = 0;
    currency_ = {};
    return TUSK_ICU(unum_parseDoubleCurrency)(format_, text.data(),
                                              static_cast<std::int32_t>(text.size()), &position_,
                                              currency_.data(), &status_);
  }

  void* format_ = nullptr;
  std::int32_t position_ = 0;
  std::array<char16_t, 4> currency_{};
  int status_ = 0;
};

TEST_F(ParsedCurrencies, ParsesAnAmount) {
  open(kCurrency, "en_US");
  EXPECT_EQ(parse(u"$1.50", 0), 1.5);
  EXPECT_LE(status_, 0);
  EXPECT_EQ(position_, 5);
  EXPECT_EQ(std::u16string(currency_.data()), u"USD");
}

TEST_F(ParsedCurrencies, GoesOnAtTheOffset) {
  open(kCurrency, "en_US");
  constexpr std::u16string_view kTwo = u"$1.50$2.25";
  EXPECT_EQ(parse(kTwo, 5), 2.25);
  EXPECT_LE(status_, 0);
  EXPECT_EQ(position_, 10) << "counted from the beginning of the text";
}

// ICU takes these for a success, and reads through a null pointer.
TEST_F(ParsedCurrencies, AnOffsetAtTheEndIsAnError) {
  open(kCurrency, "en_US");
  for (const std::int32_t offset : {5, 6, 1000, -1}) {
    EXPECT_EQ(parse(u"$1.50", offset), 0) << offset;
    EXPECT_EQ(status_, kParseError) << offset;
    EXPECT_EQ(currency_[0], 0) << offset;
  }
}

TEST_F(ParsedCurrencies, RulesWithoutACurrencyAreAnError) {
  open(kSpellout, "en");
  EXPECT_EQ(parse(u"one", 0), 0);
  EXPECT_EQ(status_, kParseError);
}

TEST_F(ParsedCurrencies, ATextWithoutAnAmountIsAnError) {
  open(kCurrency, "en_US");
  parse(u"nothing", 0);
  EXPECT_GT(status_, 0);
}

}  // namespace

#endif
