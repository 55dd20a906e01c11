#include "console/doctor/exit_status.h"

#include <algorithm>
#include <cstdio>

#include "console/terminal_text.h"

namespace tusk::console::doctor {

int cannot_examine(std::string_view message) {
  while (!message.empty()) {
    std::string_view line = message.substr(0, message.find('\n'));
    message.remove_prefix(std::min(line.size() + 1, message.size()));
    constexpr std::string_view kProgram = "tusk: ";
    if (line.starts_with(kProgram)) line.remove_prefix(kProgram.size());
    std::fprintf(stderr, "tusk: %s\n", safe_text(line, terminal_charset()).c_str());
  }
  return kCannotExamine;
}

}  // namespace tusk::console::doctor
