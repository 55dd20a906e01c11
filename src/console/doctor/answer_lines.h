// What of an answer can be compared with another answer to the same request, as lines.
//
// Thread: any; pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "console/http_answer.h"

namespace tusk::console::doctor {

// The status, the header sorted by names, and the body. Numbers and tokens are masked, and what
// tells a time. What only the connection needs is left out.
std::vector<std::string> comparable_lines(const HttpAnswer& answer);

// Numbers become 0, and tokens (hexadecimal, base64) a star.
std::string masked(std::string_view text);

}  // namespace tusk::console::doctor
