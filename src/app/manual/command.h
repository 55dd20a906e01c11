// Command: what the manual and the completions say of one command of tusk.
//
// Thread: any; plain data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tusk::app::manual {

struct Command {
  std::string_view word;   // as it is typed
  std::string_view usage;  // "tusk check [--strict] [options]"
  std::string_view doc;    // one line
  std::string details{};   // paragraphs; empty: there is no more to say
  std::string options{};   // a table of its own options, as --help prints it; empty: there is none
  std::string help{};      // the whole text of its --help
  std::string words{};     // what may follow it, for completion; separated by blanks
};

// The command's own flags, with their dashes, as its usage and its options name them: each once.
std::vector<std::string> flags_of(const Command& command);

}  // namespace tusk::app::manual
