// Media types by file name extension.
//
// Pure. Thread: any. Unknown extensions are application/octet-stream, which browsers save instead
// of guessing. PHP's extensions are not in the list, which a test checks.
#pragma once

#include <string_view>

namespace tusk::files {

inline constexpr std::string_view kDefaultMediaType = "application/octet-stream";

struct MediaType {
  std::string_view name;    // constant data
  bool is_text = false;     // it takes a charset
  bool compresses = false;  // worth compressing: text, and formats that are not compressed already
};

// Finds the type by the last extension of the path's last segment, case-insensitive.
MediaType media_type(std::string_view path) noexcept;

}  // namespace tusk::files
