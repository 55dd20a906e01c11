// The options of `tusk doctor`.
//
// Thread: any. Reading them reads the file of --paths.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "config/flags.h"
#include "console/doctor/planned_request.h"

namespace tusk::console::doctor {

struct DoctorOptions {
  std::string pool{};  // empty: the only one with a resident script
  std::vector<PlannedRequest> requests{};
  std::vector<std::string> headers{};
  std::uint64_t warm_up_rounds = 3;  // each round sends each request once
  std::uint64_t rounds = 20;
  std::chrono::milliseconds time_limit = std::chrono::minutes(5);
  std::vector<std::string> ignored{};  // globs of what findings name
  bool json = false;
};

// The flags that are the command's own. All others are options of tusk.
std::span<const config::Switch> switches();

// An error is every mistake.
std::expected<DoctorOptions, std::vector<std::string>> read_options(const config::Flags& flags);

// The part of the help about the options.
std::string options_help();

// The whole text of `tusk doctor --help`.
std::string help_text();

}  // namespace tusk::console::doctor
