#include "php/sapi/field_name.h"

#include <gtest/gtest.h>

namespace tusk::php::sapi {
namespace {

std::string variable_of(std::string_view name) {
  std::string out = "before";
  to_variable_name(name, out);
  return out;
}

std::string shown_as(std::string_view name) {
  std::string out = "before";
  to_usual_capitals(name, out);
  return out;
}

TEST(FieldName, BecomesAVariableAsInCgi) {
  EXPECT_EQ(variable_of("User-Agent"), "HTTP_USER_AGENT");
  EXPECT_EQ(variable_of("x-2fa"), "HTTP_X_2FA");
}

TEST(FieldName, NamesThatCouldPassForOthersBecomeNone) {
  for (const char* const name :
       {"Proxy", "proxy", "PROXY", "X_Forwarded_For", "X.Forwarded.For", "x~y", "caf\xc3\xa9"}) {
    EXPECT_TRUE(is_left_out(name)) << name;
  }
  for (const char* const name : {"Proxy-Authorization", "X-Forwarded-For", "Accept", "x-1"}) {
    EXPECT_FALSE(is_left_out(name)) << name;
  }
}

TEST(FieldName, IsShownWithTheUsualCapitals) {
  EXPECT_EQ(shown_as("x-REQUEST-id"), "X-Request-Id");
  EXPECT_EQ(shown_as("etag"), "Etag");
  EXPECT_EQ(shown_as("x--1a"), "X--1a");
}

}  // namespace
}  // namespace tusk::php::sapi
