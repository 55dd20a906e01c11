// The text of a log line: its message and its fields, escaped, in one of the two formats.
//
// Thread: any; a pure function.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "observe/log.h"

namespace tusk::observe {

// The part of a line behind time and level. A message of more than 16 KiB is shortened.
std::string log_text(std::string_view message, std::span<const Field> fields, LogFormat format);

}  // namespace tusk::observe
