// Media types by file name extension.
//
// Pure. Thread: any. What is not in the list is application/octet-stream: a browser then saves it
// instead of guessing. PHP's extensions are not in it, and a test keeps them out.
#pragma once

#include <string_view>

namespace tusk::files {

inline constexpr std::string_view kDefaultMediaType = "application/octet-stream";

// By the last extension of the path's last segment, in any case; a Content-Type field's value, for
// text with its charset. Points to constant data.
std::string_view media_type(std::string_view path) noexcept;

}  // namespace tusk::files
