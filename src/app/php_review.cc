#include "app/php_review.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace tusk::app {

namespace {

using Lines = std::vector<std::string>;

// "/etc/tusk.toml:3: [php] name: ", "-d name: ", "PHP_DEFINE: name: "
std::string place_of(const config::Loaded& loaded, std::size_t index) {
  const std::string& directive = loaded.settings.php[index].name;
  const config::Origin& origin = loaded.php_origins[index];
  switch (origin.kind) {
    case config::Origin::Kind::kFile:
      return origin.where + ": [php] " + directive + ": ";
    case config::Origin::Kind::kFlag:
      return origin.where + " " + directive + ": ";
    default:
      return origin.where + ": " + directive + ": ";
  }
}

// The same for a directive by name, or "php.ini: name: ".
std::string where_given(const config::Loaded& loaded, std::string_view directive) {
  const auto& given = loaded.settings.php;
  const auto found = std::ranges::find(given, directive, &config::PhpDirective::name);
  if (found == given.end()) return "php.ini: " + std::string(directive) + ": ";
  return place_of(loaded, static_cast<std::size_t>(found - given.begin()));
}

void cut_start(std::string_view& text, std::string_view start) {
  if (text.starts_with(start)) text.remove_prefix(start.size());
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

// The line without the log's time and level, and without PHP's own frame.
std::string_view plain(std::string_view line) {
  const std::size_t stamp = line.find("Z ");
  if (stamp != std::string_view::npos && line.size() > 10 && line[4] == '-' && line[10] == 'T') {
    line.remove_prefix(stamp + 2);
    for (const std::string_view level : {"warn ", "error "}) cut_start(line, level);
  }
  for (const std::string_view frame :
       {"PHP:", "PHP Warning:", "PHP Fatal error:", "PHP Deprecated:", "PHP Startup:"}) {
    cut_start(line, frame);
  }
  constexpr std::string_view kNowhere = " in Unknown on line 0";
  if (line.ends_with(kNowhere)) line.remove_suffix(kNowhere.size());
  return line;
}

// The text between the two; empty if they are missing.
std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
  const std::size_t at = text.find(before);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + before.size());
  const std::size_t end = text.find(after);
  return end == std::string_view::npos ? std::string_view() : text.substr(0, end);
}

// "Unable to load dynamic library 'x' (tried: /a/x (...), /a/x.so (/a/x.so: why))"
std::optional<std::string> about_extension(const config::Loaded& loaded, const php::Facts& facts,
                                           std::string_view line) {
  const std::string_view name = between(line, "Unable to load dynamic library '", "'");
  if (name.empty()) return std::nullopt;
  std::string text = "php.ini: extension: ";
  for (std::size_t i = 0; i < loaded.settings.php.size(); ++i) {
    const config::PhpDirective& directive = loaded.settings.php[i];
    if (directive.name.ends_with("extension") && directive.value == name)
      text = place_of(loaded, i);
  }
  std::string_view why = line.substr(std::min(line.rfind(" (") + 2, line.size()));
  while (why.ends_with(')')) why.remove_suffix(1);
  return text + "'" + std::string(name) + "' cannot be loaded: " + std::string(why) +
         "; install it for this PHP (" + facts.build + "), or remove the line";
}

// "Invalid "memory_limit" setting. Invalid quantity ..."
std::optional<std::string> about_setting(const config::Loaded& loaded, std::string_view line) {
  // "Invalid date.timezone value 'x', using 'UTC' instead"
  const std::string_view other = between(line, "Invalid ", " value '");
  if (other.contains('.') && !other.contains(' '))
    return where_given(loaded, other) + std::string(line) +
           (other == "date.timezone" ? "; names are like Europe/Berlin" : "");
  const std::string_view name = between(line, "Invalid \"", "\" setting. ");
  if (name.empty()) return std::nullopt;
  line.remove_prefix(line.find(" setting. ") + std::string_view(" setting. ").size());
  const bool quantity = line.starts_with("Invalid quantity");
  return where_given(loaded, name) + std::string(line) +
         (quantity ? "; write a number, or a size such as 128M" : "");
}

// "syntax error, unexpected '(' in Unknown on line 2": in the text that is made of -d and [php].
std::optional<std::string> about_syntax(const config::Loaded& loaded, const php::Facts& facts,
                                        std::string_view line) {
  constexpr std::string_view kPlace = " in Unknown on line ";
  const std::size_t at = line.find(kPlace);
  if (!line.starts_with("syntax error")) return std::nullopt;
  if (at == std::string_view::npos)
    return "php.ini: " + std::string(line) +
           ", and nothing after it is read: put the value there in double quotes";
  std::size_t number = 0;
  std::from_chars(line.data() + at + kPlace.size(), line.data() + line.size(), number);
  const auto& given = loaded.settings.php;
  const std::size_t first = facts.first_line_of_directives;
  if (number < first || number - first >= given.size()) return std::nullopt;
  return place_of(loaded, number - first) + "PHP cannot read '" + given[number - first].value +
         "' (" + std::string(line.substr(0, at)) +
         "), nor what follows: put the value in double quotes of its own";
}

// Whether the line is a consequence of another line.
bool is_consequence(const Lines& lines, std::string_view line) {
  return line.starts_with("Failed to set memory limit to") &&
         std::ranges::any_of(lines, [](const std::string& other) {
           return other.find("memory_limit") != std::string::npos;
         });
}

}  // namespace

Lines php_warnings(const config::Loaded& loaded, const php::Facts& facts) {
  Lines lines;
  for (const php::IniFinding& finding : facts.findings) {
    lines.push_back(where_given(loaded, finding.directive) + finding.message);
  }
  return lines;
}

Lines php_complaints(const config::Loaded& loaded, const php::Facts& facts, std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = plain(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || is_consequence(lines, line)) continue;
    std::optional<std::string> ours = about_extension(loaded, facts, line);
    if (!ours) ours = about_setting(loaded, line);
    if (!ours) ours = about_syntax(loaded, facts, line);
    lines.push_back(ours ? *ours : "PHP: " + std::string(line));
  }
  return lines;
}

bool is_said_of_same(const Lines& lines, const std::string& finding) {
  // "-d name: ", "/etc/tusk.toml:3: [php] name: "
  const std::size_t end = finding.find(": ", finding.find("[php] ") + 1);
  const std::string place = finding.substr(0, end == std::string::npos ? end : end + 2);
  return std::ranges::any_of(lines,
                             [&](const std::string& line) { return line.starts_with(place); });
}

}  // namespace tusk::app
