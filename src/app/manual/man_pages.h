// The manual pages, in the language of man(7), made from the commands and the option table, so that
// they say what this program does. `tusk help --man tusk.1` prints one.
//
// Thread: any; pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "app/manual/command.h"

namespace tusk::app::manual {

// "tusk.1" is the page of the program, "tusk.toml.5" that of its file. Nothing: another name.
std::optional<std::string> man_page(std::string_view name, std::span<const Command> commands);

}  // namespace tusk::app::manual
