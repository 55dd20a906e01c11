// Text inside HTML and XML: no byte of it can become markup, or change how other text is read.
//
// Thread: any; a pure function.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tusk::observe {

enum class LineEnds : std::uint8_t { kKept, kReplaced };

// Appends valid UTF-8 so that it is text, between tags or in a quoted attribute. Control
// characters, characters that XML does not allow, and those that change the direction of writing
// become '?'.
void append_markup(std::string& out, std::string_view text, LineEnds line_ends);

}  // namespace tusk::observe
