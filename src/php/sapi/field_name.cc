#include "php/sapi/field_name.h"

#include "http/token.h"

namespace tusk::php::sapi {

bool is_left_out(std::string_view name) noexcept {
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !http::is_digit(c) && c != '-') return true;
  }
  return http::equals_lower(name, "proxy");
}

void to_variable_name(std::string_view name, std::string& out) noexcept {
  out.assign("HTTP_");
  for (const char c : name) {
    const bool lower = c >= 'a' && c <= 'z';
    out.push_back(c == '-' ? '_' : lower ? static_cast<char>(c - 'a' + 'A') : c);
  }
}

void to_usual_capitals(std::string_view name, std::string& out) noexcept {
  out.clear();
  bool begins = true;
  for (const char c : name) {
    const char lower = http::ascii_lower(c);
    out.push_back(begins && lower >= 'a' && lower <= 'z' ? static_cast<char>(lower - 32) : lower);
    begins = c == '-';
  }
}

}  // namespace tusk::php::sapi
