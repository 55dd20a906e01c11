#include "app/manual/command.h"

#include <algorithm>

namespace tusk::app::manual {

namespace {

bool is_flag_letter(char each) { return (each >= 'a' && each <= 'z') || each == '-'; }

void add_flags(std::vector<std::string>& flags, std::string_view text) {
  constexpr std::string_view kDashes = "--";
  for (std::size_t at = text.find(kDashes); at != std::string_view::npos;
       at = text.find(kDashes, at)) {
    std::size_t end = at + kDashes.size();
    while (end < text.size() && is_flag_letter(text[end])) ++end;
    std::string flag(text.substr(at, end - at));
    if (flag.size() > kDashes.size() && std::ranges::find(flags, flag) == flags.end())
      flags.push_back(std::move(flag));
    at = end;
  }
}

}  // namespace

std::vector<std::string> flags_of(const Command& command) {
  std::vector<std::string> flags;
  add_flags(flags, command.usage);
  add_flags(flags, command.options);
  return flags;
}

}  // namespace tusk::app::manual
