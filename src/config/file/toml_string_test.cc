#include "config/file/toml_string.h"

#include <gtest/gtest.h>

#include "config/file/toml_rules.h"

namespace tusk::config::file {
namespace {

TEST(TomlString, IsReadBack) {
  for (const std::string_view text : {"", "plain", "say \"hi\"", "C:\\dir\\", "ä #"}) {
    const toml::parse_result parsed = toml::parse("key = " + toml_string(text));
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed["key"].value<std::string>(), text);
  }
}

}  // namespace
}  // namespace tusk::config::file
