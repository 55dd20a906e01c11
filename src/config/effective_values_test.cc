#include "config/effective_values.h"

#include <gtest/gtest.h>

#include "config/flags.h"
#include "config/load.h"
#include "config/option_table.h"

namespace tusk::config {
namespace {

std::vector<EffectiveValue> values_of(const std::vector<std::string>& flags,
                                      const std::string& file = "") {
  Sources sources;
  sources.flags = parse_flags(flags, {}).assignments;
  sources.environment = {"TUSK_CONFIG=/no/tusk.toml"};
  sources.working_directory = "/";
  sources.file_text = file;
  return effective_values(load(sources));
}

using Names = std::vector<std::string_view>;

TEST(EffectiveValues, NoDifferenceIsNoneInPlace) {
  const Difference none = difference(values_of({}), values_of({}, "# a comment\n"));
  EXPECT_EQ(none.in_place, Names());
  EXPECT_EQ(none.others, Names());
  EXPECT_FALSE(none.only_in_place());
}

TEST(EffectiveValues, SortsTheDifferences) {
  const Difference both = difference(
      values_of({}), values_of({}, "log_level = \"debug\"\nrate_limit = 5\nhttp2 = false\n"));
  EXPECT_EQ(joined(both.in_place), "rate_limit, log_level");
  EXPECT_EQ(both.others, Names{"http2"});
  EXPECT_FALSE(both.only_in_place());
  EXPECT_TRUE(difference(values_of({}), values_of({}, "log_level = \"debug\"")).only_in_place());
}

TEST(EffectiveValues, WhatAFlagOverridesIsNoDifference) {
  const Difference none = difference(values_of({"--log-level=warn"}),
                                     values_of({"--log-level=warn"}, "log_level = \"debug\""));
  EXPECT_EQ(none.in_place, Names());
}

TEST(EffectiveValues, DirectivesListsAndRulesAreCompared) {
  EXPECT_EQ(difference(values_of({"-dmemory_limit=1M"}), values_of({"-dmemory_limit=2M"})).others,
            Names{"php"});
  EXPECT_EQ(
      difference(values_of({"--listen=:1", "--listen=:2"}), values_of({"--listen=:1"})).others,
      Names{"listen"});
  const std::string rule = "[[rules]]\npath = \"/x\"\ndeny = true\n";
  EXPECT_EQ(difference(values_of({}), values_of({}, rule)).others, Names{"rules"});
  EXPECT_EQ(difference(values_of({}, rule), values_of({}, "\n\n" + rule)).others, Names())
      << "it is on another line, and the same rule";
}

TEST(EffectiveValues, EveryOptionIsThere) {
  EXPECT_EQ(values_of({}).size(), option_table().size() + 2);
}

}  // namespace
}  // namespace tusk::config
