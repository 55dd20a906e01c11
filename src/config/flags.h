// Command-line arguments to assignments, by the option table. Everything that is wrong is reported,
// not only the first of it.
//
// Why not CLI11: it stops at its first error by throwing, keeps neither the order nor the spelling
// that a message needs, and takes a value such as [::1] apart as a list; of it only a loop like the
// one in flags.cc would be used, and the table would have to be told to it a second time.
//
// Thread: any; pure function.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/origin.h"

namespace tusk::config {

// A flag that is no option and has no value, such as --help.
struct Switch {
  std::string_view flag;   // without the dashes
  char short_flag = '\0';  // without the dash
};

struct Flags {
  std::vector<Assignment> assignments;   // one per option
  std::vector<std::string> switches;     // the long names of those that are set
  std::vector<std::string> positionals;  // what is no flag
  std::vector<Problem> errors;
};

// --flag VALUE, --flag=VALUE, -f VALUE, -fVALUE; an on/off option is --flag, --no-flag or
// --flag=off; -- ends the flags. The last one given counts, except that lists collect.
Flags parse_flags(std::span<const std::string> args, std::span<const Switch> switches);

// The elements of a list that is written in one text. A separator in braces does not separate.
std::vector<std::string> split_list(std::string_view text, char separator);

}  // namespace tusk::config
