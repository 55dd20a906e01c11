// How a check reports what it has found wrong.
//
// Thread: any; pure functions, except for the file system.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "config/load.h"

namespace tusk::config::checks {

// Blame says who must correct an error: the writer of the value, or the owner of the machine, for
// example where a directory is missing.
enum class Blame { kUse, kMachine };

// Adds an error about the option `name`, which says where its value came from.
void error(Loaded& loaded, std::string_view name, const std::string& message,
           Blame blame = Blame::kUse);
void warning(Loaded& loaded, std::string_view name, const std::string& message);

// Whether none of them is known to be wrong. Otherwise further errors about them may be only
// consequences.
bool usable(const Loaded& loaded, std::initializer_list<std::string_view> names);

// Adds an error if `path` is no directory, or tusk has not this `access` (R_OK …) to it.
void check_directory(Loaded& loaded, std::string_view name, const std::string& path, int access);

}  // namespace tusk::config::checks
