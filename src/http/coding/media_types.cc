#include "http/coding/media_types.h"

#include <algorithm>

#include "http/token.h"

namespace tusk::http::coding {

MediaTypes::MediaTypes(const std::vector<std::string>& patterns) {
  for (std::string text : patterns) {
    std::ranges::transform(text, text.begin(), ascii_lower);
    const std::size_t star = text.find('*');
    Pattern pattern;
    pattern.star = star != std::string::npos;
    pattern.before = text.substr(0, star);
    if (pattern.star) pattern.after = text.substr(star + 1);
    patterns_.push_back(std::move(pattern));
  }
}

std::vector<std::string> MediaTypes::texts() const {
  std::vector<std::string> texts;
  for (const Pattern& pattern : patterns_)
    texts.push_back(pattern.star ? pattern.before + '*' + pattern.after : pattern.before);
  return texts;
}

bool MediaTypes::contain(std::string_view content_type) const {
  return find(content_type, Match::kByPattern);
}
bool MediaTypes::name(std::string_view content_type) const {
  return find(content_type, Match::kByName);
}

bool MediaTypes::find(std::string_view content_type, Match match) const {
  const std::string_view type = trim_ows(content_type.substr(0, content_type.find(';')));
  if (type.empty()) return false;
  return std::ranges::any_of(patterns_, [&](const Pattern& pattern) {
    if (!pattern.star) return equals_lower(type, pattern.before);
    return match == Match::kByPattern &&
           type.size() >= pattern.before.size() + pattern.after.size() &&
           equals_lower(type.substr(0, pattern.before.size()), pattern.before) &&
           equals_lower(type.substr(type.size() - pattern.after.size()), pattern.after);
  });
}

}  // namespace tusk::http::coding
