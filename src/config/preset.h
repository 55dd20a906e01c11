// What PRESET means: an application's routes, and what of its files is not for the public.
//
// A preset only fills in what was not given, and adds to lists; each of its parts is an option or a
// rule that could be written by hand. Thread: main, at load.
#pragma once

#include <string>
#include <vector>

#include "config/settings.h"

namespace tusk::config {

struct PresetDefinition {
  Preset preset;
  std::string_view name;
  std::string_view index_file;        // either this ...
  std::string_view fallback;          // ... or that
  std::string_view public_directory;  // of the project, what is to be served; empty: all of it
  std::string_view project_file;      // tells the project's own directory; empty: nothing does
  std::vector<std::string_view> run_scripts;
  std::vector<std::string_view> static_only;
  std::vector<std::string_view> denied_files;

  struct Rewrite {
    std::string_view regex;
    std::string_view to;  // empty: 404
    bool missing;
  };
  std::vector<Rewrite> rewrites;
};

// Null for Preset::kNone.
const PresetDefinition* definition_of(Preset preset);

// Adds the preset's lists and rules behind those that were given; what is there stays once.
void add_lists(Settings& settings, const PresetDefinition& definition);

// The directory to serve when `root` is the project's and not its public one: root + "/public".
// Empty: root is right, or neither is.
std::string public_directory_of(const std::string& root, const PresetDefinition& definition);

}  // namespace tusk::config
