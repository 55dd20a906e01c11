// CacheControl: what the Cache-Control field of a file says.
//
// Thread: any; not changed once it is made.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace tusk::files {

class CacheControl {
 public:
  // No field for any file.
  CacheControl() = default;

  // `ttl` 0: no field, but for immutable names. Each of `immutable` is a glob of a path (one
  // with a slash, such as /build/*, where * also stands for slashes) or of a name (*.woff2), or the
  // word "hashed": see is_hashed_name.
  CacheControl(std::chrono::seconds ttl, const std::vector<std::string>& immutable);

  // Empty: no field.
  std::string_view value_for(std::string_view path) const;

 private:
  std::string usual_;
  std::vector<std::string> immutable_globs_;
  bool hashed_are_immutable_ = false;
};

// Whether a build tool has put a hash of the content into the name, so that the name never stands
// for other content: app.3f9a1c2b.js, main-5d41402abc4b2a76.css. The last part of the name before
// its extension, behind '.', '-' or '_', of 8 to 64 hexadecimal digits, letters and figures among
// them, so that neither a date nor a word is taken for one. Only scripts, styles and fonts: names
// of pictures often have a hash of something else.
bool is_hashed_name(std::string_view path);

}  // namespace tusk::files
