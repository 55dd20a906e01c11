// Media types by file name extension.
//
// Pure. Thread: any. What is not in the list is application/octet-stream: a browser then saves it
// instead of guessing. PHP's extensions are not in it, and a test keeps them out.
#pragma once

#include <string_view>

namespace tusk::files {

inline constexpr std::string_view kDefaultMediaType = "application/octet-stream";

struct MediaType {
  std::string_view name;    // constant data
  bool is_text = false;     // a charset belongs to it
  bool compresses = false;  // it is worth a try: text, and what is not compressed in itself
};

// By the last extension of the path's last segment, in any case.
MediaType media_type(std::string_view path) noexcept;

}  // namespace tusk::files
