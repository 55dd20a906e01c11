#include "files/cache_control.h"

#include <algorithm>

#include <fmt/format.h>
#include <fnmatch.h>

#include "http/token.h"

namespace tusk::files {
namespace {

// A year, which browsers and caches treat as "for ever" (RFC 8246 §2).
constexpr std::string_view kImmutable = "public, max-age=31536000, immutable";

constexpr std::string_view kHashedWord = "hashed";
constexpr std::size_t kShortestHash = 8;
constexpr std::size_t kLongestHash = 64;

constexpr std::string_view kBuiltExtensions[] = {"js",    "mjs", "css", "wasm", "woff",
                                                 "woff2", "ttf", "otf", "eot"};

bool is_hash(std::string_view text) {
  if (text.size() < kShortestHash || text.size() > kLongestHash) return false;
  if (!std::ranges::all_of(text, http::is_hex_digit)) return false;
  return std::ranges::any_of(text, http::is_digit) && !std::ranges::all_of(text, http::is_digit);
}

}  // namespace

bool is_hashed_name(std::string_view path) {
  std::string_view name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  std::string_view extension = name.substr(dot + 1);
  name = name.substr(0, dot);
  if (extension == "map") {  // app.3f9a1c2b.js.map
    dot = name.rfind('.');
    if (dot == std::string_view::npos) return false;
    extension = name.substr(dot + 1);
    name = name.substr(0, dot);
  }
  if (std::ranges::find(kBuiltExtensions, extension) == std::end(kBuiltExtensions)) return false;
  const std::size_t mark = name.find_last_of(".-_");
  return mark != std::string_view::npos && mark > 0 && is_hash(name.substr(mark + 1));
}

CacheControl::CacheControl(std::chrono::seconds ttl, const std::vector<std::string>& immutable) {
  if (ttl.count() > 0) usual_ = fmt::format("public, max-age={}", ttl.count());
  for (const std::string& glob : immutable) {
    if (glob == kHashedWord) {
      hashed_are_immutable_ = true;
    } else {
      immutable_globs_.push_back(glob);
    }
  }
}

std::string_view CacheControl::value_for(std::string_view path) const {
  if (hashed_are_immutable_ && is_hashed_name(path)) return kImmutable;
  const std::string whole(path);
  for (const std::string& glob : immutable_globs_) {
    const bool of_path = glob.find('/') != std::string::npos;
    const std::size_t name = of_path ? 0 : whole.rfind('/') + 1;  // npos + 1 is 0
    if (::fnmatch(glob.c_str(), whole.c_str() + name, 0) == 0) return kImmutable;
  }
  return usual_;
}

}  // namespace tusk::files
