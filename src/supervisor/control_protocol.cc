#include "supervisor/control_protocol.h"

#include <charconv>

namespace tusk::supervisor {

namespace {

constexpr std::string_view kExit = "exit ";

// Appends the text as one line or several, as much as there is room for.
void append_lines(std::string& answer, std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (answer.size() + line.size() + 2 > kMaxAnswerBytes) return;
    answer.append(" ").append(line).append("\n");
  }
}

}  // namespace

std::string to_text(const ControlAnswer& answer) {
  std::string text;
  for (const std::string& line : answer.lines) append_lines(text, line);
  return text.append(kExit).append(std::to_string(answer.exit_status)).append("\n");
}

std::optional<ControlAnswer> parse_answer(std::string_view text) {
  ControlAnswer answer;
  for (;;) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.starts_with(' ')) {
      answer.lines.emplace_back(line.substr(1));
      continue;
    }
    if (!line.starts_with(kExit)) return std::nullopt;
    line.remove_prefix(kExit.size());
    const auto [stop, error] =
        std::from_chars(line.data(), line.data() + line.size(), answer.exit_status);
    if (error != std::errc{} || stop != line.data() + line.size()) return std::nullopt;
    return answer;
  }
}

ControlRequest parse_request(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return {line, {}};
  return {line.substr(0, space), line.substr(space + 1)};
}

}  // namespace tusk::supervisor
