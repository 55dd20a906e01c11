#include "http/target.h"

#include <algorithm>

#include "http/token.h"

namespace tusk::http {
namespace {

// Splits "path?query"; the path may be empty.
void split_path(std::string_view text, Target& target) {
  const std::size_t mark = text.find('?');
  target.path = text.substr(0, mark);
  target.has_query = mark != std::string_view::npos;
  if (target.has_query) target.query = text.substr(mark + 1);
}

// RFC 3986 §3.2.2: unreserved and sub-delims; percent signs are checked separately.
constexpr bool is_reg_name_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-._~!$&'()*+,;=").find(c) != std::string_view::npos;
}

bool is_registered_name(std::string_view host) {
  if (host.empty()) return false;
  for (std::size_t i = 0; i < host.size(); ++i) {
    if (is_reg_name_char(host[i])) continue;
    if (host[i] != '%' || host.size() - i < 3) return false;
    if (!is_hex_digit(host[i + 1]) || !is_hex_digit(host[i + 2])) return false;
    i += 2;
  }
  return true;
}

// Checks only the alphabet and colons of an IPv6 address, not its whole grammar: nothing connects
// to it.
bool is_ipv6_like(std::string_view address) {
  if (address.size() < 2 || address.find(':') == std::string_view::npos) return false;
  for (const char c : address) {
    if (!is_hex_digit(c) && c != ':' && c != '.') return false;
  }
  return true;
}

bool is_port(std::string_view port) {
  std::uint32_t number = 0;
  for (const char c : port) {
    if (!is_digit(c)) return false;
    number = number * 10 + static_cast<std::uint32_t>(c - '0');
    if (number > 65535) return false;
  }
  return true;  // "host:" is allowed (RFC 3986 §3.2.3)
}

std::optional<Target> split_absolute(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view scheme = text.substr(0, colon);
  if (!equals_lower(scheme, "http") && !equals_lower(scheme, "https")) return std::nullopt;
  text.remove_prefix(colon + 3);
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  Target target;
  target.form = TargetForm::kAbsolute;
  target.authority = text.substr(0, end);
  if (!is_valid_authority(target.authority)) return std::nullopt;
  split_path(text.substr(end), target);
  return target;
}

}  // namespace

bool is_valid_authority(std::string_view authority) {
  std::size_t host_end = 0;
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return false;
    if (!is_ipv6_like(authority.substr(1, bracket - 1))) return false;
    host_end = bracket + 1;
  } else {
    host_end = std::min(authority.find(':'), authority.size());
    if (!is_registered_name(authority.substr(0, host_end))) return false;
  }
  const std::string_view rest = authority.substr(host_end);
  return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
}

std::optional<Target> split_target(std::string_view text, std::string_view method) {
  if (!is_target(text)) return std::nullopt;
  if (text.front() == '/') {
    Target target;
    split_path(text, target);
    return target;
  }
  if (text == "*") {
    if (method != "OPTIONS") return std::nullopt;
    Target target;
    target.form = TargetForm::kAsterisk;
    target.path = text;
    return target;
  }
  return split_absolute(text);
}

}  // namespace tusk::http
