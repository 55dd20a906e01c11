#include "observe/log_text.h"

#include <array>
#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace tusk::observe {
namespace {

TEST(LogText, ValuesAreQuotedOnlyWhereTheyHaveTo) {
  const std::array<Field, 5> fields = {Field{"plain", "a/b"}, Field{"empty", ""},
                                       Field{"space", "a b"}, Field{"equals", "a=b"},
                                       Field{"quote", "a\"b"}};
  EXPECT_EQ(log_text("said", fields, LogFormat::kText),
            R"(said plain=a/b empty="" space="a b" equals="a=b" quote="a\"b")");
}

TEST(LogText, AJsonFieldIsAnObjectInJsonAndATextElsewhere) {
  const std::array<Field, 1> fields = {Field{"context", JsonText{R"({"a":1})"}}};
  EXPECT_EQ(log_text("m", fields, LogFormat::kJson), R"("message":"m","context":{"a":1})");
  EXPECT_EQ(log_text("m", fields, LogFormat::kText), R"(m context="{\"a\":1}")");
}

TEST(LogText, AValueThatIsNoNumberIsNull) {
  const std::array<Field, 3> fields = {Field{"nan", std::numeric_limits<double>::quiet_NaN()},
                                       Field{"half", 0.5}, Field{"yes", true}};
  EXPECT_EQ(log_text("m", fields, LogFormat::kJson),
            R"("message":"m","nan":null,"half":0.5,"yes":true)");
}

TEST(LogText, ALongMessageKeepsItsBeginningAndItsEnd) {
  constexpr std::size_t kMost = 16 * 1024;
  const std::string longest(kMost, 'x');
  EXPECT_EQ(log_text(longest, {}, LogFormat::kText), longest);
  const std::string text =
      log_text("begin" + std::string(kMost, 'x') + "end", {}, LogFormat::kText);
  EXPECT_TRUE(text.starts_with("beginxxx")) << text.substr(0, 20);
  EXPECT_TRUE(text.ends_with("xxxend")) << text.substr(text.size() - 20);
  EXPECT_NE(text.find(" [8 bytes left out] "), std::string::npos);
}

}  // namespace
}  // namespace tusk::observe
