// Presets: routes of well-known applications, and which of their files are not public.
//
// A preset fills in what was not given, and adds to lists. Each part of it is an option or a rule
// that could be written by hand.
//
// Thread: main, at load.
#pragma once

#include <string>
#include <vector>

#include "config/settings.h"

namespace tusk::config {

struct PresetDefinition {
  Preset preset;
  std::string_view name;
  std::string_view index_file;        // a preset has either this
  std::string_view fallback;          // or this
  std::string_view public_directory;  // the part of the project to serve; empty: all of it
  std::string_view project_file;      // a file that only the project's directory has; empty: none
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

// Null with Preset::kNone.
const PresetDefinition* definition_of(Preset preset);

// Appends the preset's lists and rules to those that were given, without duplicates.
void add_lists(Settings& settings, const PresetDefinition& definition);

// The directory to serve if `root` is the project's directory and not its public one, such as root
// + "/public". Empty: root is right, or neither exists.
std::string public_directory_of(const std::string& root, const PresetDefinition& definition);

}  // namespace tusk::config
