#include "console/doctor/answer_lines.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <utility>

namespace tusk::console::doctor {

namespace {

constexpr std::array<std::string_view, 5> kOfConnection = {"connection", "content-length", "date",
                                                           "keep-alive", "transfer-encoding"};
constexpr std::array<std::string_view, 4> kTellsTime = {"age", "etag", "expires", "last-modified"};
// Longer lines are broken at tags and commas, so that a difference shows where it is.
constexpr std::size_t kLongLine = 160;
constexpr std::size_t kLeastToken = 20;
// No name of a class is that long, and base64 may have no digit.
constexpr std::size_t kLongToken = 32;
constexpr std::size_t kLeastWord = 16;
constexpr std::size_t kLeastHexadecimal = 8;

bool is_digit(char each) { return each >= '0' && each <= '9'; }
bool is_upper(char each) { return each >= 'A' && each <= 'Z'; }
bool is_lower(char each) { return each >= 'a' && each <= 'z'; }
bool is_word(char each) { return is_digit(each) || is_upper(each) || is_lower(each); }
bool is_of_token(char each) {
  return is_word(each) || each == '+' || each == '/' || each == '=' || each == '_' || each == '-';
}
bool is_hexadecimal(char each) { return is_digit(each) || (each >= 'a' && each <= 'f'); }

using Kind = bool (*)(char);

// The beginning of the text that is of one kind, which is removed from it.
std::string_view take(std::string_view& text, Kind kind) {
  const auto end = std::ranges::find_if_not(text, kind);
  const std::string_view taken(text.begin(), end);
  text.remove_prefix(taken.size());
  return taken;
}

bool has(std::string_view text, Kind kind) { return std::ranges::any_of(text, kind); }

bool is_random_word(std::string_view word) {
  if (!has(word, is_digit) || std::ranges::all_of(word, is_digit)) return false;
  return word.size() >= kLeastWord ||
         (word.size() >= kLeastHexadecimal && std::ranges::all_of(word, is_hexadecimal));
}

void add_masked_word(std::string& out, std::string_view word) {
  if (is_random_word(word)) {
    out += '*';
    return;
  }
  while (!word.empty()) {
    if (!take(word, is_digit).empty()) out += '0';
    out += take(word, [](char each) { return !is_digit(each); });
  }
}

bool is_token(std::string_view run) {
  if (run.size() < kLeastToken || !has(run, is_upper) || !has(run, is_lower)) return false;
  return run.size() >= kLongToken || has(run, is_digit);
}

// A token of Symfony against forged requests begins with up to 32 hexadecimal digits and a dot.
bool begins_token(std::string_view run, std::string_view rest) {
  if (!std::ranges::all_of(run, is_hexadecimal) || !rest.starts_with('.')) return false;
  rest.remove_prefix(1);
  return is_token(take(rest, is_of_token));
}

bool is_one_of(std::string_view name, auto names) {
  return std::ranges::find(names, name) != names.end();
}

// "name=value; attribute; attribute". The value is the visitor's, and some attributes are times.
std::string cookie_line(std::string_view cookie) {
  std::string line(cookie.substr(0, cookie.find('=')));
  line += "=*";
  const std::size_t end = cookie.find(';');
  std::string_view attributes = end == std::string_view::npos ? "" : cookie.substr(end);
  while (!attributes.empty()) {
    const std::string_view one = attributes.substr(0, attributes.find(';', 1));
    attributes.remove_prefix(one.size());
    std::string lower(one);
    std::ranges::transform(lower, lower.begin(), [](unsigned char each) {
      return static_cast<char>(std::tolower(each));
    });
    const bool is_time = lower.starts_with("; expires=") || lower.starts_with("; max-age=");
    line += is_time ? std::string(one.substr(0, one.find('='))) + "=*" : std::string(one);
  }
  return line;
}

std::string field_line(const std::string& name, std::string_view value) {
  if (name == "set-cookie") return name + ": " + cookie_line(value);
  return name + ": " + (is_one_of(name, kTellsTime) ? "*" : masked(value));
}

void add_line(std::vector<std::string>& lines, std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  while (line.size() > kLongLine) {
    const std::size_t end = line.find_first_of(">,", kLongLine / 2);
    if (end == std::string_view::npos || end + 1 == line.size()) break;
    lines.push_back(masked(line.substr(0, end + 1)));
    line.remove_prefix(end + 1);
  }
  lines.push_back(masked(line));
}

void add_body(std::vector<std::string>& lines, std::string_view body) {
  if (body.find('\0') != std::string_view::npos) {
    lines.push_back("a binary body of " + std::to_string(body.size()) + " bytes, hash " +
                    std::to_string(std::hash<std::string_view>{}(body)));
    return;
  }
  while (!body.empty()) {
    const std::string_view line = body.substr(0, body.find('\n'));
    body.remove_prefix(std::min(line.size() + 1, body.size()));
    add_line(lines, line);
  }
}

}  // namespace

std::string masked(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::string_view run = take(text, is_of_token);
    if (run.empty()) {
      out += text.front();
      text.remove_prefix(1);
    } else if (is_token(run) || begins_token(run, text)) {
      out += '*';
    } else {
      while (!run.empty()) {
        add_masked_word(out, take(run, is_word));
        out += take(run, [](char each) { return !is_word(each); });
      }
    }
  }
  return out;
}

std::vector<std::string> comparable_lines(const HttpAnswer& answer) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : answer.fields()) {
    if (!is_one_of(name, kOfConnection)) lines.push_back(field_line(name, value));
  }
  std::ranges::sort(lines);
  lines.insert(lines.begin(), "status " + std::to_string(answer.status()));
  add_body(lines, answer.body());
  return lines;
}

}  // namespace tusk::console::doctor
