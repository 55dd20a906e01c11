// Whether a command line asks for help, and the answer: a text for stdout, or a mistake.
//
// Thread: any; pure function.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "config/flags.h"

namespace tusk::app::manual {

// The flags that only `tusk help` has, without their dashes.
inline constexpr const char* kHelpFlags[] = {"man", "completions"};

// `flags` are the parsed `arguments`. Nothing: they ask for no help.
std::optional<base::Result<std::string>> answer_help(std::span<const std::string> arguments,
                                                     const config::Flags& flags);

}  // namespace tusk::app::manual
