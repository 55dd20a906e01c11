#include "http/entity_tag.h"

#include <cstddef>

#include "http/token.h"

namespace tusk::http {
namespace {

// The length of the entity tag at the beginning of the text; 0 if there is none. Inside a tag a
// quoted pair has no meaning, and commas are ordinary characters (RFC 9110 §8.8.3).
std::size_t tag_length(std::string_view text) {
  const std::size_t open = text.starts_with("W/") ? 2 : 0;
  if (open >= text.size() || text[open] != '"') return 0;
  for (std::size_t i = open + 1; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '"') return i + 1;
    if (c < 0x21 || c == 0x7f) return 0;
  }
  return 0;
}

}  // namespace

bool is_entity_tag(std::string_view text) {
  return !text.empty() && tag_length(text) == text.size();
}

bool same_entity_tag(std::string_view a, std::string_view b, TagComparison comparison) {
  const bool a_weak = a.starts_with("W/");
  const bool b_weak = b.starts_with("W/");
  if (comparison == TagComparison::kStrong) return !a_weak && !b_weak && a == b && !a.empty();
  if (a_weak) a.remove_prefix(2);
  if (b_weak) b.remove_prefix(2);
  return a == b && !a.empty();
}

bool matches_tag_list(std::string_view list, std::string_view tag, TagComparison comparison) {
  list = trim_ows(list);
  if (list == "*") return true;
  while (!list.empty()) {
    if (list.front() == ',' || is_ows(list.front())) {
      list.remove_prefix(1);
      continue;
    }
    const std::size_t length = tag_length(list);
    if (length == 0) return false;
    if (same_entity_tag(list.substr(0, length), tag, comparison)) return true;
    list = trim_ows(list.substr(length));
    if (!list.empty() && list.front() != ',') return false;
  }
  return false;
}

}  // namespace tusk::http
