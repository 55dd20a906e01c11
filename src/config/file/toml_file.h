// Reads a configuration file to assignments, by the option table. Every key is an option's name, or
// its flag's; the table [php] holds php.ini directives, [[rules]] holds rules and [[pool]] pools;
// an address of `listen` may be a table; `include` names further files
// (config/file/included_files.h).
//
// Thread: main, for reading; parse_toml() is pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/origin.h"
#include "config/pool.h"
#include "config/rule.h"

namespace tusk::config::file {

struct FileContent {
  std::vector<Assignment> assignments;
  std::vector<Rule> rules;
  std::vector<Pool> pools;
  std::vector<std::string> includes{};  // patterns of further files, which nobody has read yet
  std::vector<Problem> errors;          // in the order of their lines
  bool understood = true;               // false: the file cannot be read, or is not TOML
  std::string text;                     // what was read; empty if the file cannot be read
};

FileContent read_toml_file(const std::string& path);

// `path` names the file in messages and origins.
FileContent parse_toml(std::string_view text, const std::string& path);

}  // namespace tusk::config::file
