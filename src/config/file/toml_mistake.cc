#include "config/file/toml_mistake.h"

#include <algorithm>
#include <optional>

#include "config/option_table.h"
#include "config/value.h"

namespace tusk::config::file {
namespace {

constexpr std::string_view kBlank = " \t\r";

std::string_view trim(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

std::string_view line_of(std::string_view text, std::size_t number) {
  for (; number > 1; --number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return trim(text.substr(0, text.find('\n')));
}

std::size_t lines_in(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
}

// The two sides of the first `=` of a line; not by TOML's grammar, which has failed here.
struct Pair {
  std::string_view key;
  std::string_view value;
};

std::optional<Pair> pair_of(std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos || equals == 0) return std::nullopt;
  return Pair{.key = trim(line.substr(0, equals)), .value = trim(line.substr(equals + 1))};
}

// The key without quotes.
std::string_view bare(std::string_view key) {
  const bool has_quotes =
      key.size() > 1 && (key[0] == '"' || key[0] == '\'') && key.back() == key[0];
  return has_quotes ? key.substr(1, key.size() - 2) : key;
}

// "[php]" or "[[rules]]", without what follows it; empty: the line is not a header.
std::string_view header_of(std::string_view line) {
  if (!line.starts_with('[')) return {};
  const std::size_t end = line.find_last_of(']');
  return end == std::string_view::npos ? std::string_view() : line.substr(0, end + 1);
}

// The text as a TOML string.
std::string in_quotes(std::string_view text) {
  const char quote = text.find_first_of("\\\"") == std::string_view::npos ? '"' : '\'';
  return quote + std::string(text) + quote;
}

// The value without a semicolon, a comma or a comment of another language after it.
std::string_view without_tail(std::string_view value) {
  for (const std::string_view comment : {" #", " //", " ;", "\t#"}) {
    value = trim(value.substr(0, value.find(comment)));
  }
  while (value.ends_with(';') || value.ends_with(',')) value.remove_suffix(1);
  return trim(value);
}

// Where the string at the start of `value` ends; empty: it is not closed.
std::optional<std::size_t> end_of_string(std::string_view value) {
  const char quote = value[0];
  for (std::size_t i = 1; i < value.size(); ++i) {
    if (quote == '"' && value[i] == '\\') {
      ++i;
    } else if (value[i] == quote) {
      return i + 1;
    }
  }
  return std::nullopt;
}

bool is_bare_word(std::string_view text) {
  return !text.empty() && text.find_first_of("\"'[]{}") == std::string_view::npos;
}

// Explains a value without quotes, or a word that is not TOML's.
std::string explain_bare_value(std::string_view key, std::string_view value) {
  const std::string written = std::string(key) + " = ";
  const std::string word = lower(value);
  const Option* const option = find_by_key(bare(key));
  const bool is_switch = option != nullptr && option->type == Type::kBool;
  const auto boolean = parse_bool(value);
  if (boolean && value.find_first_of("01") == std::string_view::npos) {
    if (option == nullptr || is_switch) {
      return quoted(value) + " is not a value: write " + written + (*boolean ? "true" : "false");
    }
    if (word == "true" || word == "false") {
      return quoted(value) + " is not a value: write " + written + in_quotes(word);
    }
  }
  if (value.size() > 1 && value.starts_with('0') && parse_count(value))
    return "a number has no 0 in front: write " + written +
           std::string(value.substr(std::min(value.find_first_not_of('0'), value.size() - 1)));
  if (option != nullptr && option->type == Type::kCount) return quoted(value) + " is not a number";
  return "text needs quotes: write " + written + in_quotes(value);
}

// Explains text after a complete value.
std::string explain_tail(std::string_view key, std::string_view value, std::string_view tail) {
  const std::string written = std::string(key) + " = " + std::string(value);
  if (tail.starts_with("//") || tail.starts_with("/*") ||
      (tail.starts_with(';') && tail.size() > 1)) {
    return "a comment begins with #: write " + written + "  # ...";
  }
  if (tail == ";" || tail == ",") {
    return "a line ends without " + quoted(tail) + ": write " + written;
  }
  if (tail.starts_with(',')) {
    return "a list needs brackets: write " + std::string(key) + " = [" + std::string(value) +
           std::string(tail) + "]";
  }
  return quoted(tail) + " follows a value that is complete; each key needs a line of its own";
}

std::string explain_string(std::string_view key, std::string_view value) {
  if (value.starts_with("\"\"\"") || value.starts_with("'''")) {
    return "the text that begins with " + std::string(value.substr(0, 3)) + " is not closed";
  }
  const auto end = end_of_string(value);
  if (!end) {
    return "the text after " + quoted(key) + " begins with " + value[0] +
           " and is not closed: is the quote at its end missing?";
  }
  return explain_tail(key, value.substr(0, *end), trim(value.substr(*end)));
}

std::string explain_missing_value(std::string_view key) {
  const Option* const option = find_by_key(bare(key));
  const std::string example = option != nullptr && !option->default_text.empty()
                                  ? "; its default is " + std::string(option->default_text)
                                  : "";
  return std::string(key) + " has no value: write one after the =, or remove the line" + example;
}

constexpr std::string_view kInList =
    "each text in a list needs quotes, and a comma between them: [\"a\", \"b\"]";

// Explains a key with a character that no key may have.
std::string explain_key(std::string_view key) {
  std::string name(key);
  std::ranges::replace(name, ' ', '_');
  std::ranges::replace(name, '-', '_');
  const std::string hint = find_by_name(name) != nullptr ? "; did you mean " + name + "?"
                                                         : ": quote it, or join it by _";
  return quoted(key) + " is not a key, which is one word" + hint;
}

std::string explain_value(const Pair& pair) {
  const auto& [key, value] = pair;
  if (value.empty() || value.starts_with('#')) return explain_missing_value(key);
  if (value.starts_with('='))
    return "one = is enough: write " + std::string(key) + " " + std::string(value);
  // Word processors and chats write “ ” „ ‘ ’ « ».
  for (const std::string_view quote : {"“", "”", "„", "‘", "’", "«", "»"}) {
    if (value.starts_with(quote))
      return "the quotes around the value of " + std::string(key) +
             " are typographic: write plain ones, \"...\"";
  }
  if (value[0] == '"' || value[0] == '\'') return explain_string(key, value);
  if (value[0] == '[') return std::string(kInList);
  const std::string_view plain = without_tail(value);
  if (plain != value) {
    const bool number = parse_count(plain).has_value() || plain == "true" || plain == "false";
    if (number) return explain_tail(key, plain, trim(value.substr(plain.size())));
  }
  if (is_bare_word(plain)) return explain_bare_value(key, plain);
  return {};
}

// Explains a line without "key = value".
std::string explain_no_pair(std::string_view line) {
  for (const std::string_view comment : {"//", ";", "/*", "--", "!"}) {
    if (line.starts_with(comment)) return "a comment begins with #, not with " + quoted(comment);
  }
  if (line.starts_with('{')) return "this is not TOML, perhaps JSON: write key = value";
  if (line.starts_with('<')) return "this is not TOML, perhaps XML or Apache's: write key = value";
  if (line.starts_with('-')) return "this is not TOML, perhaps YAML: write key = [\"a\", \"b\"]";
  const std::size_t end = line.find_first_of(" \t:");
  const std::string_view key = line.substr(0, end);
  if (key.empty() || end == std::string_view::npos)
    return quoted(line) + " is not a line of TOML: write key = value";
  std::string_view value = line.substr(end);
  value.remove_prefix(std::min(value.find_first_not_of(" \t:"), value.size()));
  value = without_tail(value);
  if (value == "{" || line.ends_with('{'))
    return quoted(line) + " is not TOML, perhaps nginx's: there are no blocks, write key = value";
  if (value.empty()) return quoted(line) + " is not a line of TOML: write key = value";
  const bool is_written = value[0] == '"' || value[0] == '\'' || value[0] == '[' ||
                          parse_count(value).has_value() || value == "true" || value == "false";
  return "there is no = after " + quoted(key) + ": write " + std::string(key) + " = " +
         (is_written ? std::string(value) : in_quotes(value));
}

// The line of the first of two equal keys or headers, in the same table.
std::optional<std::size_t> first_line_of(std::string_view text, std::size_t second) {
  const std::string_view again = line_of(text, second);
  const std::string_view header = header_of(again);
  std::string_view section;
  std::size_t section_line = 0;
  for (std::size_t number = 1; number < second; ++number) {
    if (!header_of(line_of(text, number)).empty()) {
      section = header_of(line_of(text, number));
      section_line = number;
    }
  }
  const auto pair = pair_of(again);
  for (std::size_t number = header.empty() ? section_line + 1 : 1; number < second; ++number) {
    const std::string_view line = line_of(text, number);
    const auto other = pair_of(line);
    if (!header.empty()) {
      if (header_of(line) == header) return number;
      // [php] after "php = 1" or "php.memory_limit = 1".
      const std::string_view name = header.substr(header.find_first_not_of('['));
      const std::string_view plain = name.substr(0, name.find(']'));
      if (other && (bare(other->key) == plain || other->key.starts_with(std::string(plain) + ".")))
        return number;
    } else if (pair && other && bare(other->key) == bare(pair->key)) {
      return number;
    }
  }
  return std::nullopt;
}

std::string explain_second(std::string_view text, std::size_t line) {
  const std::string_view written = line_of(text, line);
  const std::string_view header = header_of(written);
  const auto pair = pair_of(written);
  const std::string what(!header.empty() ? header : pair ? pair->key : written);
  const auto first = first_line_of(text, line);
  if (!first) return what + " occurs twice";
  if (header.empty())
    return what + " is set twice, first in line " + std::to_string(*first) + ": keep one of them";
  const bool as_pair = header_of(line_of(text, *first)).empty();
  if (as_pair)
    return what + " is set in line " + std::to_string(*first) + " already: keep one of them";
  return what + " occurs twice, first in line " + std::to_string(*first) +
         ": write all of its keys below the first";
}

// The line where the list or inline table begins that the file does not close.
std::size_t line_of_opening(std::string_view text, std::size_t line, char open, char close) {
  int depth = 0;
  for (std::size_t number = std::min(line, lines_in(text)); number > 0; --number) {
    const std::string_view written = line_of(text, number);
    if (written.starts_with('#')) continue;
    depth += static_cast<int>(std::ranges::count(written, open)) -
             static_cast<int>(std::ranges::count(written, close));
    if (depth > 0 && pair_of(written)) return number;
  }
  return line;
}

// Whether the line is inside a list that began on an earlier line.
bool is_in_list(std::string_view text, std::size_t line) {
  int depth = 0;
  for (std::size_t number = 1; number < line; ++number) {
    const std::string_view written = line_of(text, number);
    const auto pair = pair_of(written);
    if (depth == 0 && (!pair || !pair->value.starts_with('['))) continue;
    depth += static_cast<int>(std::ranges::count(written, '[')) -
             static_cast<int>(std::ranges::count(written, ']'));
  }
  return depth > 0;
}

TomlMistake explain_open(std::string_view text, std::size_t line, char open, char close) {
  const std::size_t at = line_of_opening(text, line, open, close);
  const auto pair = pair_of(line_of(text, at));
  const std::string key = pair ? " after " + quoted(pair->key) : "";
  return {.line = at,
          .message = std::string("the ") + (open == '[' ? "list" : "table") + key +
                     " is not closed, or a comma is missing in it: it ends with " + close};
}

std::string explain_escape(std::string_view line) {
  const auto pair = pair_of(line);
  const std::string key = pair ? " of " + std::string(pair->key) : "";
  return "in \"...\" a backslash begins an escape: put the value" + key +
         " in single quotes, '...', where it stands for itself";
}

std::string explain_header(std::string_view line) {
  if (line.find(']') == std::string_view::npos)
    return quoted(line) + " is not closed: write " + std::string(line) +
           (line.starts_with("[[") ? "]]" : "]");
  return quoted(line) + " is not the head of a table: write [php] or [[rules]]";
}

// The parser's message without the name of its part, as in "Error while parsing key-value pair: …".
std::string plain_description(std::string_view description) {
  constexpr std::string_view kStart = "Error while parsing ";
  if (description.starts_with(kStart)) {
    const std::size_t colon = description.find(": ");
    if (colon != std::string_view::npos) description.remove_prefix(colon + 2);
  }
  return "this is not TOML: " + std::string(description);
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TomlMistake explain_toml_error(std::string_view text, std::size_t line,
                               std::string_view description) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const auto at_line = [&](std::string message) {
    return TomlMistake{.line = line, .message = std::move(message)};
  };
  if (has(description, "utf-8")) return at_line("the file is not text in UTF-8");
  if (has(description, "cannot redefine")) return at_line(explain_second(text, line));
  if (has(description, "escape sequence")) return at_line(explain_escape(line_of(text, line)));
  if (has(description, "parsing array")) return explain_open(text, line, '[', ']');
  if (has(description, "inline table")) return explain_open(text, line, '{', '}');

  const std::string_view written = line_of(text, line);
  if (written.starts_with('[') && has(description, "table header"))
    return at_line(explain_header(written));
  std::string message;
  const auto pair = pair_of(written);
  if (is_in_list(text, line)) {
    message = kInList;
  } else if (pair && pair->key.find_first_of(":(<{[\"'#;") == std::string_view::npos) {
    const bool one_word = pair->key.find_first_of(" \t") == std::string_view::npos;
    message = one_word ? explain_value(*pair) : explain_key(pair->key);
  } else if (!written.empty() && !has(description, "string")) {
    message = explain_no_pair(written);
  }
  return at_line(message.empty() ? plain_description(description) : message);
}

}  // namespace tusk::config::file
