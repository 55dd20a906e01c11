// MediaTypes: media types that an option lists.
//
// Plain value. Thread: any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tusk::http::coding {

// A list of media types and patterns: "text/*", "*+json".
class MediaTypes {
 public:
  MediaTypes() = default;
  // Case-insensitive. In a pattern only the first star is a wildcard.
  explicit MediaTypes(const std::vector<std::string>& patterns);

  bool empty() const { return patterns_.empty(); }
  // The patterns in lower case.
  std::vector<std::string> texts() const;

  // Whether a Content-Type value, with or without parameters, matches one of these.
  bool contain(std::string_view content_type) const;

  // The same without wildcards: whether the type itself is listed.
  bool name(std::string_view content_type) const;

 private:
  struct Pattern {
    std::string before;  // in lower case, like `after`
    std::string after;
    bool star = false;
  };
  enum class Match : std::uint8_t { kByPattern, kByName };
  bool find(std::string_view content_type, Match match) const;

  std::vector<Pattern> patterns_;
};

}  // namespace tusk::http::coding
