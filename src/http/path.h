// Request paths: from what the client wrote to the one name that files and scripts are looked up
// by.
//
// Pure functions. Thread: any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tusk::http {

enum class PathError : std::uint8_t {
  kNone,
  kNotAbsolute,  // does not begin with '/': `OPTIONS *`
  kBadEscape,    // '%' without two hexadecimal digits
  kNulByte,      // %00
  kAboveRoot,    // more ".." than there are segments
};

// All of them are the client's fault: 400, except `none`.
constexpr int http_status(PathError error) { return error == PathError::kNone ? 200 : 400; }
std::string_view describe(PathError error);

struct DecodedPath {
  PathError error = PathError::kNone;

  // The path held %2F. It was decoded to '/' and took part in the removal of dot segments, as nginx
  // does, so it cannot climb out of the root. But another server in front may have seen one segment
  // where this path has two: such a path must not name a file or a script of its own. The
  // front controller, which reads REQUEST_URI, may have it (it is legal there: "/wiki/AC%2FDC");
  // without one the answer is 404.
  bool encoded_slash = false;
};

// Replaces `out` by the decoded path: percent escapes decoded exactly once, then "//", "." and ".."
// removed lexically (RFC 3986 §5.2.4). The result begins with '/' and has no empty, "." or ".."
// segment; it ends with '/' if the path named a directory ("/a/", "/a/.", "/a/b/..").
// Backslash, '+' and ';' are ordinary characters. Bytes that are not valid UTF-8 (%C0%AF among
// them) stay as they are: file names are bytes, and no overlong form is ever taken for a '/' or a
// '.'. Not to be applied to its own result: "%2541" becomes "%41".
DecodedPath decode_path(std::string_view raw, std::string& out);

// Makes a decoded path that was put together (a rewrite) what decode_path() returns: "//", "." and
// ".." removed. False: it leads above the root, or is no path.
bool normalize_path(std::string& path);

// A decoded path as part of a URL: every byte escaped but unreserved ones (RFC 3986 §2.3) and '/'.
void append_encoded_path(std::string_view decoded, std::string& out);

// Whether a segment of a decoded path begins with '.', other than ".well-known" as the first
// (RFC 8615): .git, .env, .htaccess.
bool has_hidden_segment(std::string_view decoded_path);

}  // namespace tusk::http
