// toml_string(): a text as TOML writes it.
//
// Thread: any; a pure function.
#pragma once

#include <string>
#include <string_view>

namespace tusk::config::file {

// A basic string, in double quotes. `text` has no control characters: whatever reads options and
// rules refuses them.
std::string toml_string(std::string_view text);

}  // namespace tusk::config::file
