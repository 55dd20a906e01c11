// MediaTypes: a list of media types, some of them as patterns: "text/*", "*+json".
//
// Plain value. Thread: any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tusk::http::coding {

class MediaTypes {
 public:
  MediaTypes() = default;
  // In any case. Of several stars in a pattern only the first is one.
  explicit MediaTypes(const std::vector<std::string>& patterns);

  bool empty() const { return patterns_.empty(); }

  // Whether a Content-Type value, parameters and all, is of one of these types.
  bool contain(std::string_view content_type) const;

  // The same where a star counts for nothing: whether the type is named.
  bool name(std::string_view content_type) const;

 private:
  struct Pattern {
    std::string before;  // in lower case, as `after`
    std::string after;
    bool star = false;
  };
  bool find(std::string_view content_type, bool by_pattern) const;

  std::vector<Pattern> patterns_;
};

}  // namespace tusk::http::coding
