// The files of a configuration: the one that is named, and those that its key `include` names.
//
// The supervisor hands a configuration to its server processes as one text, so that they need not
// read files that may have changed since. The texts of several files are joined to one by NUL,
// which TOML does not allow: the named file's text, then a path and a text for each other file.
//
// Thread: main, for reading; the rest is pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/file/toml_file.h"

namespace tusk::config::file {

struct ConfigurationFile {
  std::string path;  // absolute
  FileContent content;
};

struct ConfigurationFiles {
  std::vector<ConfigurationFile> files;  // the named one first, each overrides those before it
  std::string text;                      // of all of them
};

// Reads the file and those that it includes: by their names within a pattern, in the order of the
// patterns.
ConfigurationFiles read_files(const std::string& path);

// The same from the text of all of them.
ConfigurationFiles parse_files(std::string_view text, const std::string& path);

}  // namespace tusk::config::file
