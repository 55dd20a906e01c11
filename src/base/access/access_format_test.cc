#include "base/access/access_format.h"

#include <string>

#include <gtest/gtest.h>

namespace tusk::base::access {
namespace {

std::string error_of(std::string_view text) {
  const auto format = parse_access_format(text);
  return format ? "no error" : format.error().message;
}

TEST(AccessFormat, ReadsVariablesAndLiterals) {
  const auto format = parse_access_format("<$remote_addr> ${status}x $$5 $http_x_forwarded_for");
  ASSERT_TRUE(format);
  ASSERT_EQ(format->parts.size(), 6U);
  EXPECT_EQ(format->parts[0].text, "<");
  EXPECT_EQ(format->parts[1].field, AccessField::kRemoteAddress);
  EXPECT_EQ(format->parts[2].text, "> ");
  EXPECT_EQ(format->parts[3].field, AccessField::kStatus);
  EXPECT_EQ(format->parts[4].text, "x $5 ");
  EXPECT_EQ(format->parts[5].field, AccessField::kHeader);
  EXPECT_EQ(format->parts[5].header, "x-forwarded-for");
}

TEST(AccessFormat, KnowsTheBuiltInFormats) {
  for (const char* name : {"text", "combined", "common", "json"}) {
    EXPECT_TRUE(parse_access_format(name)) << name;
  }
  EXPECT_TRUE(parse_access_format("combined")->uses(AccessField::kUserAgent));
  EXPECT_FALSE(parse_access_format("common")->uses(AccessField::kUserAgent));
}

TEST(AccessFormat, ReadsAListOfMembers) {
  const auto format = parse_access_format("json: status, remote_addr cpu_time");
  ASSERT_TRUE(format);
  EXPECT_EQ(format->kind, AccessFormat::Kind::kJson);
  ASSERT_EQ(format->parts.size(), 3U);
  EXPECT_EQ(format->parts[1].text, "remote_address");
  EXPECT_TRUE(format->uses(AccessField::kCpuTime));
}

TEST(AccessFormat, SaysWhereAMistakeIs) {
  EXPECT_EQ(error_of("$status $remote_adr"),
            "there is no field '$remote_adr' at position 9; docs/logs.md lists them");
  EXPECT_EQ(error_of("json status nonsense"),
            "there is no field 'nonsense' at position 13; docs/logs.md lists them");
  EXPECT_EQ(error_of("json status, status"), "'status' is given twice at position 14");
  EXPECT_EQ(error_of("json sta-tus"), "expected the name of a field at position 9");
  EXPECT_EQ(error_of("$status $ "), "'$' without a name at position 9; '$$' is a dollar sign");
  EXPECT_EQ(error_of("a ${status"), "'${' without '}' at position 3");
  EXPECT_EQ(error_of("json "), "'json' without the names of fields");
  EXPECT_EQ(error_of("combind"),
            "'combind' is not text, combined, common, json, caddy, or a format with $variables");
  EXPECT_EQ(error_of(""),
            "'' is not text, combined, common, json, caddy, or a format with $variables");
}

TEST(AccessFormat, RefusesSecrets) {
  EXPECT_EQ(error_of("$http_cookie"),
            "'$http_cookie' at position 1 is a secret, which is never logged");
  EXPECT_EQ(error_of("json http_Authorization"),
            "'http_Authorization' at position 6 is a secret, which is never logged");
}

}  // namespace
}  // namespace tusk::base::access
