// Completions of tusk's command line for shells, made from the commands and the option table.
// `tusk help --completions bash` prints one.
//
// Thread: any; pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "app/manual/command.h"

namespace tusk::app::manual {

enum class Shell : std::uint8_t { kBash, kZsh, kFish };

// "bash", "zsh" or "fish"; nothing for another word.
std::optional<Shell> shell_named(std::string_view name);

// The whole file that the shell reads.
std::string completions(Shell shell, std::span<const Command> commands);

}  // namespace tusk::app::manual
