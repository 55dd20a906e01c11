// Parses command-line arguments to assignments, by the option table.
//
// CLI11 is not used because it throws at the first error, keeps neither the order nor the spelling
// that a message needs, and splits a value such as [::1] as a list. Only a loop like that in
// flags.cc would remain of it, and it would need the option table in its own form.
//
// Thread: any; pure function.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/origin.h"

namespace tusk::config {

// A flag that is not an option, such as --help.
struct Switch {
  enum class Value : std::uint8_t { kNone, kOne, kMany };
  std::string_view flag;   // without the dashes
  char short_flag = '\0';  // without the dash
  Value value = Value::kNone;
};

// The parsed command line. It has all mistakes, not only the first.
struct Flags {
  std::vector<Assignment> assignments;  // at most one for each option
  std::vector<std::string> switches;    // long names of the switches that are set
  std::map<std::string, std::string, std::less<>> values;  // of the switches that have one
  std::map<std::string, std::vector<std::string>, std::less<>> lists;  // of those with kMany
  std::vector<std::string> positionals;  // arguments that are not flags
  std::vector<Problem> errors;
};

// --flag VALUE, --flag=VALUE, -f VALUE, -fVALUE; an on/off option is --flag, --no-flag or
// --flag=off; -- ends the flags. The last value of an option counts; the elements of lists are
// collected.
Flags parse_flags(std::span<const std::string> args, std::span<const Switch> switches);

// Splits a list that is written in one text. A separator inside braces does not separate.
std::vector<std::string> split_list(std::string_view text, char separator);

}  // namespace tusk::config
