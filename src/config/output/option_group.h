// OptionGroup: the options of one subject, as `tusk help GROUP` shows them.
//
// Thread: any; constant data.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "config/option.h"

namespace tusk::config::output {

struct OptionGroup {
  std::string_view word;  // "tls"
  std::string_view title;
  std::string_view doc;  // what it is about, in a few words
  std::vector<std::string_view> aliases;
  std::span<const Option> options;  // a section of the option table
};

// Each option is in one of them; the order is the table's.
std::span<const OptionGroup> option_groups();

// nullptr: no group has this word, or this alias.
const OptionGroup* find_group(std::string_view word);
const OptionGroup* find_group_by_alias(std::string_view alias);

// The option must be one of the table.
const OptionGroup& group_of(const Option& option);

}  // namespace tusk::config::output
