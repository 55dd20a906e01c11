// The options of each section, in the order in which they are shown. config/option_table.h joins
// the sections to one table.
//
// Thread: any; constant data.
#pragma once

#include <span>

#include "config/option.h"

namespace tusk::config::options {

std::span<const Option> serving();
std::span<const Option> tls();
std::span<const Option> routing();
std::span<const Option> php();
std::span<const Option> workers();
std::span<const Option> worker_confinement();
std::span<const Option> connections();
std::span<const Option> messages();
std::span<const Option> files();
std::span<const Option> logging();
std::span<const Option> development();

}  // namespace tusk::config::options
