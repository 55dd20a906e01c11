// Why nothing is served under a path, for `tusk route`. Clients are never told.
//
// Thread: any. These functions ask the file system: not for the request path.
#pragma once

#include <string>
#include <string_view>

namespace tusk::site {

// For a path that the document root has not found, without a reason of the file system's: "does not
// exist", and which directory is missing, or "exists, but ...".
std::string why_absent(const std::string& root, std::string_view path);

// "it exists" or "it does not exist".
std::string existence(const std::string& root, std::string_view path);

}  // namespace tusk::site
