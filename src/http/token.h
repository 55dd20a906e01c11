// Tokens: the character classes and lists that header fields are made of.
//
// Pure functions over views. Thread: any. RFC 9110 §5.5, §5.6.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tusk::http {

namespace token_detail {

enum CharClass : std::uint8_t {
  kToken = 1,       // tchar (RFC 9110 §5.6.2)
  kFieldValue = 2,  // VCHAR, obs-text, SP, HTAB (§5.5)
  kTarget = 4,      // allowed in a request target (target.h says why)
  kHex = 8,
};

consteval std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool mark =
        std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
    unsigned bits = 0;
    if (digit || letter || (mark && c != 0)) bits |= kToken;
    if (c == '\t' || (c >= 0x20 && c != 0x7f)) bits |= kFieldValue;
    if (c > 0x20 && c != 0x7f && c != '#') bits |= kTarget;
    if (digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) bits |= kHex;
    classes[c] = static_cast<std::uint8_t>(bits);
  }
  return classes;
}

inline constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

constexpr bool has_class(char c, CharClass bit) {
  return (kClasses[static_cast<unsigned char>(c)] & bit) != 0;
}

constexpr bool all_of_class(std::string_view text, CharClass bit) {
  unsigned common = bit;
  for (const char c : text) common &= kClasses[static_cast<unsigned char>(c)];
  return common != 0;
}

}  // namespace token_detail

constexpr bool is_token_char(char c) { return token_detail::has_class(c, token_detail::kToken); }
constexpr bool is_hex_digit(char c) { return token_detail::has_class(c, token_detail::kHex); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_ows(char c) { return c == ' ' || c == '\t'; }

constexpr bool is_token(std::string_view text) {
  return !text.empty() && token_detail::all_of_class(text, token_detail::kToken);
}

// No control byte but HTAB, so no CR, LF or NUL (RFC 9110 §5.5). May be empty.
constexpr bool is_field_value(std::string_view text) {
  return token_detail::all_of_class(text, token_detail::kFieldValue);
}

constexpr bool is_target(std::string_view text) {
  return !text.empty() && token_detail::all_of_class(text, token_detail::kTarget);
}

// From 0 to 15. Only for characters that is_hex_digit() accepts.
constexpr unsigned hex_value(char c) {
  return static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

// ASCII only, whatever the locale.
constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

constexpr bool equals_lower(std::string_view text, std::string_view lower_case) {
  if (text.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (ascii_lower(text[i]) != lower_case[i]) return false;
  }
  return true;
}

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (ascii_lower(a[i]) != ascii_lower(b[i])) return false;
  }
  return true;
}

constexpr std::string_view trim_ows(std::string_view text) {
  while (!text.empty() && is_ows(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ows(text.back())) text.remove_suffix(1);
  return text;
}

// Calls visit(element) for each non-empty element of a comma-separated list, trimmed, until visit
// returns false. For lists of tokens: it also splits at commas inside quoted strings (RFC 9110
// §5.6.1).
template <class Visit>
constexpr void for_each_element(std::string_view list, Visit&& visit) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view element = trim_ows(list.substr(0, comma));
    if (!element.empty() && !visit(element)) return;
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

// Whether a list such as Connection's contains a token, which is given in lower case.
constexpr bool list_contains(std::string_view list, std::string_view lower_case_token) {
  bool found = false;
  for_each_element(list, [&](std::string_view element) {
    found = equals_lower(element, lower_case_token);
    return !found;
  });
  return found;
}

}  // namespace tusk::http
