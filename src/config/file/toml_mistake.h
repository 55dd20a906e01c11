// Explains what is wrong with a file that is not TOML.
//
// Thread: any; pure functions over the file's text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tusk::config::file {

// A mistake in a file and how to correct it. toml++ names the character that its grammar did not
// expect; the message says what to write instead.
struct TomlMistake {
  std::size_t line = 0;  // from 1; where the mistake is, not always where the parser stopped
  std::string message;
};

// `line` (from 1) and `description` come from the parser.
TomlMistake explain_toml_error(std::string_view text, std::size_t line,
                               std::string_view description);

}  // namespace tusk::config::file
