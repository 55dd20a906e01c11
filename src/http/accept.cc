#include "http/accept.h"

#include <algorithm>
#include <cstddef>

#include "http/token.h"

namespace tusk::http {
namespace {

// A weight in thousandths (RFC 9110 §12.4.2). An invalid one counts as 1, as if it were absent.
int parse_weight(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return 1000;
  int value = (text[0] - '0') * 1000;
  if (text.size() == 1) return value;
  if (text[1] != '.' || text.size() > 5) return 1000;
  int unit = 100;
  for (const char c : text.substr(2)) {
    if (!is_digit(c)) return 1000;
    value += (c - '0') * unit;
    unit /= 10;
  }
  return std::min(value, 1000);
}

struct Range {
  std::string_view type;  // "text/html", "text/*", "*/*"
  int quality = 1000;
};

Range parse_range(std::string_view element) {
  Range range;
  std::size_t semicolon = element.find(';');
  range.type = trim_ows(element.substr(0, semicolon));
  while (semicolon != std::string_view::npos) {
    element.remove_prefix(semicolon + 1);
    semicolon = element.find(';');
    const std::string_view parameter = trim_ows(element.substr(0, semicolon));
    if (parameter.size() >= 2 && equals_lower(parameter.substr(0, 2), "q=")) {
      range.quality = parse_weight(parameter.substr(2));
    }
  }
  return range;
}

// 3 for the type itself, 2 for "text/*", 1 for "*/*", 0 for any other range.
int exactness(std::string_view range, std::string_view type) {
  if (equals_lower(range, type)) return 3;
  if (range == "*/*") return 1;
  const std::size_t slash = type.find('/');
  const bool is_kind = range.size() == slash + 2 && range.ends_with("/*") &&
                       equals_lower(range.substr(0, slash), type.substr(0, slash));
  return is_kind ? 2 : 0;
}

struct Wish {
  int quality = 0;
  int exactness = 0;
};

Wish wish_for(std::string_view accept, std::string_view type) {
  Wish wish;
  for_each_element(accept, [&](std::string_view element) {
    const Range range = parse_range(element);
    const int exact = exactness(range.type, type);
    if (exact > wish.exactness) wish = {range.quality, exact};
    return true;
  });
  return wish;
}

}  // namespace

int media_quality(std::string_view accept, std::string_view type) {
  return accept.empty() ? 1000 : wish_for(accept, type).quality;
}

bool prefers_json(std::string_view accept) {
  const Wish html = wish_for(accept, "text/html");
  for (const std::string_view type : {"application/json", "application/problem+json"}) {
    const Wish json = wish_for(accept, type);
    if (json.exactness < 3 || json.quality == 0) continue;
    // JSON named beside a wildcard ("application/json, */*") is what the client wants.
    if (html.exactness < 2 ? json.quality >= html.quality : json.quality > html.quality)
      return true;
  }
  return false;
}

}  // namespace tusk::http
