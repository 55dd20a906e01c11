// CacheControl: the caching of files by clients.
//
// Thread: any; constant.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace tusk::files {

// Makes the Cache-Control field of files.
class CacheControl {
 public:
  // No file gets the field.
  CacheControl() = default;

  // With `ttl` 0 only immutable names get the field. Each element of `immutable` is a glob of a
  // path (with a slash, such as /build/*, where * also matches slashes), a glob of a name
  // (*.woff2), or the word "hashed": see is_hashed_name.
  CacheControl(std::chrono::seconds ttl, const std::vector<std::string>& immutable);

  // Empty: the file does not get the field.
  std::string_view value_for(std::string_view path) const;

 private:
  std::string usual_;
  std::vector<std::string> immutable_globs_;
  bool hashed_are_immutable_ = false;
};

// Whether a build tool has put a hash of the content into the name, so that the name never stands
// for other content: app.3f9a1c2b.js, main-5d41402abc4b2a76.css. The hash is the last part of the
// name before its extension, after '.', '-' or '_'; it has 8 to 64 hexadecimal digits, both letters
// and figures, so that neither a date nor a word looks like one. This is for scripts, styles and
// fonts only: the names of pictures often contain other hashes.
bool is_hashed_name(std::string_view path);

}  // namespace tusk::files
