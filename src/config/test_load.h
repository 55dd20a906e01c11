// Loads a configuration for unit tests, from flags alone.
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

// On a machine with four cores, in `directory`. The test fails if there are errors.
inline Loaded load_without_errors(const std::vector<std::string>& args,
                                  const base::TestDirectory& directory) {
  Loaded loaded = load({.flags = parse_flags(args, {}).assignments,
                        .environment = {},
                        .working_directory = directory.path(),
                        .machine = {.cpu_cores = 4, .open_files = 1000}});
  EXPECT_TRUE(loaded.errors.empty()) << loaded.errors[0].message;
  return loaded;
}

}  // namespace tusk::config
