// Loads a configuration for unit tests, on a machine with four cores.
//
// Thread: the test's.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/test_directory.h"
#include "config/flags.h"
#include "config/load.h"

namespace tusk::config {

// Flags alone, in `directory`.
inline Loaded load_flags(const std::vector<std::string>& args,
                         const base::TestDirectory& directory) {
  return load({.flags = parse_flags(args, {}).assignments,
               .environment = {},
               .working_directory = directory.path(),
               .machine = {.cpu_cores = 4, .open_files = 1000}});
}

// The same. The test fails if there are errors.
inline Loaded load_without_errors(const std::vector<std::string>& args,
                                  const base::TestDirectory& directory) {
  Loaded loaded = load_flags(args, directory);
  EXPECT_TRUE(loaded.errors.empty()) << loaded.errors[0].message;
  return loaded;
}

// A file t.toml with this text, which it writes, and flags.
inline Loaded load_file(const std::string& text, std::vector<std::string> args,
                        const base::TestDirectory& directory) {
  directory.write("t.toml", text);
  args.emplace_back("--config=t.toml");
  return load_flags(args, directory);
}

inline std::vector<std::string> messages_of(const std::vector<Problem>& problems) {
  std::vector<std::string> messages;
  for (const Problem& problem : problems) messages.push_back(problem.message);
  return messages;
}

}  // namespace tusk::config
