#include "config/output/help.h"

#include <algorithm>
#include <optional>

#include "config/option_table.h"

namespace tusk::config::output {
namespace {

constexpr std::size_t kTextColumn = 32;

// The filled text beside the left column, or below it if that is too long.
std::string two_columns(const std::string& left, std::string_view right) {
  std::string text = wrap(right, kTextColumn);
  if (left.size() + 2 > kTextColumn) return left + "\n" + text;
  return left + text.substr(left.size());
}

}  // namespace

std::string wrap(std::string_view text, std::size_t indent, std::size_t width) {
  std::string result;
  std::string line;
  const auto end_line = [&] {
    if (line.empty()) return;
    result += std::string(indent, ' ') + line + '\n';
    line.clear();
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (!line.empty() && indent + line.size() + 1 + word.size() > width) end_line();
    if (!line.empty()) line += ' ';
    line += word;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  end_line();
  return result;
}

std::string flag_usage(const Option& option) {
  std::string usage;
  if (option.short_flag != '\0') usage += std::string("-") + option.short_flag + ", ";
  usage += "--" + std::string(option.flag);
  if (option.type == Type::kBool) return usage + "[=" + placeholder(option) + "]";
  return usage + " " + placeholder(option);
}

std::string default_shown(const Option& option) {
  if (option.default_text.empty()) return "none";
  std::string text(option.default_text);
  if (!option.automatic.empty()) text += " (" + std::string(option.automatic) + ")";
  return text;
}

std::string help_options() {
  std::string text;
  std::optional<Section> section;
  for (const Option& option : option_table()) {
    if (section != option.section) {
      section = option.section;
      text += "\n" + std::string(title(option.section)) + "\n";
    }
    const std::string left =
        std::string(option.short_flag == '\0' ? 6 : 2, ' ') + flag_usage(option);
    text += two_columns(left, option.doc);
    text += wrap("[" + std::string(option.environment) + ", default " + default_shown(option) + "]",
                 kTextColumn);
  }
  return text;
}

}  // namespace tusk::config::output
