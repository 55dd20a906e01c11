// Text inside HTML and XML.
//
// Thread: any; a pure function.
#pragma once

#include <string>
#include <string_view>

namespace tusk::observe::profile {

// Appends valid UTF-8 so that it is text, between tags or in a quoted attribute. Characters that
// XML does not allow, and those that change the direction of writing, become '?'.
void append_markup(std::string& out, std::string_view text);

}  // namespace tusk::observe::profile
