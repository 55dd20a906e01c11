// umsg_open() and umsg_applyPattern() of php/library/message_patterns.cc, which replace ICU's.

#include "php/library/icu_names.h"

#ifdef TUSK_ICU_VERSION

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <dlfcn.h>
#include <gtest/gtest.h>

extern "C" void* TUSK_ICU(umsg_open)(const char16_t* pattern, std::int32_t length,
                                     const char* locale, void* parse_error, int* status);
extern "C" void TUSK_ICU(umsg_applyPattern)(void* format, const char16_t* pattern,
                                            std::int32_t length, void* parse_error, int* status);

namespace {

template <class Function>
Function* icu(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_DEFAULT, name));
}

class MessagePatterns : public testing::Test {
 protected:
  ~MessagePatterns() override {
    if (format_ != nullptr) icu<void(void*)>(TUSK_ICU_NAME(umsg_close))(format_);
  }

  void open(std::u16string_view pattern) {
    format_ = TUSK_ICU(umsg_open)(pattern.data(), static_cast<std::int32_t>(pattern.size()), "en",
                                  parse_error_.data(), &status_);
  }
  void apply(std::u16string_view pattern) {
    TUSK_ICU(umsg_applyPattern)(format_, pattern.data(), static_cast<std::int32_t>(pattern.size()),
                                parse_error_.data(), &status_);
  }
  std::u16string pattern() const {
    std::array<char16_t, 100> text{};
    int status = 0;
    icu<std::int32_t(const void*, char16_t*, std::int32_t, int*)>(TUSK_ICU_NAME(umsg_toPattern))(
        format_, text.data(), text.size(), &status);
    return text.data();
  }

  std::array<char, 256> parse_error_{};  // UParseError has 72 bytes
  int status_ = 0;
  void* format_ = nullptr;
};

TEST_F(MessagePatterns, AGoodPatternIsKept) {
  open(u"a {0} b");
  ASSERT_NE(format_, nullptr);
  EXPECT_LE(status_, 0);
  EXPECT_EQ(pattern(), u"a {0} b");
  apply(u"{1} c");
  EXPECT_LE(status_, 0);
  EXPECT_EQ(pattern(), u"{1} c");
}

TEST_F(MessagePatterns, ARejectedPatternMakesNoFormat) {
  open(u"a {0");
  EXPECT_EQ(format_, nullptr);
  EXPECT_GT(status_, 0);
}

TEST_F(MessagePatterns, ARejectedPatternLeavesThePreviousOne) {
  open(u"a {0} b");
  ASSERT_NE(format_, nullptr);
  apply(u"{0, number");
  EXPECT_GT(status_, 0) << "the caller still hears of it";
  EXPECT_EQ(pattern(), u"a {0} b");
}

TEST_F(MessagePatterns, AnEarlierFailureChangesNothing) {
  open(u"a {0} b");
  ASSERT_NE(format_, nullptr);
  status_ = 1;
  apply(u"{1}");
  EXPECT_EQ(status_, 1);
  EXPECT_EQ(pattern(), u"a {0} b");
}

}  // namespace

#endif
