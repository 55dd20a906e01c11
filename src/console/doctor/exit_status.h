// The exit statuses of `tusk doctor`, and the message of the one that says that it cannot examine.
//
// Thread: main.
#pragma once

#include <string_view>

namespace tusk::console::doctor {

inline constexpr int kClean = 0;
inline constexpr int kFound = 1;
inline constexpr int kCannotExamine = 2;
inline constexpr int kBySignal = 128;  // and its number, as a shell has it

// Prints the message, which may have several lines. Returns kCannotExamine.
int cannot_examine(std::string_view message);

}  // namespace tusk::console::doctor
