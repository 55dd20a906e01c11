// Entity tags, and the lists of them in If-Match and If-None-Match.
//
// Pure functions over views. Thread: any. RFC 9110 §8.8.3, §13.1.1, §13.1.2.
#pragma once

#include <cstdint>
#include <string_view>

namespace tusk::http {

enum class TagComparison : std::uint8_t {
  kStrong,  // If-Match, If-Range: both strong and the same
  kWeak,    // If-None-Match: the same apart from W/
};

// Whether the text is an entity tag: W/"..." or "...".
bool is_entity_tag(std::string_view text);

bool same_entity_tag(std::string_view a, std::string_view b, TagComparison comparison);

// Whether a field value ("*", or a list of tags) matches `tag`, the tag of an existing
// representation. "*" always matches; with an empty `tag` nothing else does. Everything after the
// first malformed element is ignored. If the field has several lines, call this for each.
bool matches_tag_list(std::string_view list, std::string_view tag, TagComparison comparison);

}  // namespace tusk::http
