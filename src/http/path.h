// Request paths: from the path that the client sent to the one name that files and scripts are
// looked up by.
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
  kAboveRoot,    // more ".." than segments before them
};

// Every error is the client's: 400.
constexpr int http_status(PathError error) { return error == PathError::kNone ? 200 : 400; }
std::string_view describe(PathError error);

struct DecodedPath {
  PathError error = PathError::kNone;

  // The path contained %2F. It was decoded to '/', as in nginx, and took part in the removal of dot
  // segments, so it cannot climb out of the root. But another server in front may have seen one
  // segment where this path has two, so such a path must not name a file or a script. A front
  // controller, which reads REQUEST_URI, may get it (it is legal there: "/wiki/AC%2FDC"); without
  // one the answer is 404.
  bool encoded_slash = false;
};

// Replaces `out` with the decoded path: percent escapes are decoded exactly once, then "//", "."
// and ".." are removed lexically (RFC 3986 §5.2.4). The result begins with '/' and has no empty,
// "." or ".." segment; it ends with '/' if the path named a directory ("/a/", "/a/.", "/a/b/..").
// Backslash, '+' and ';' are ordinary characters. Bytes that are not valid UTF-8 (such as %C0%AF)
// stay as they are: file names are bytes, and no overlong form is ever read as '/' or '.'. Never
// apply it to its own result: "%2541" becomes "%41".
DecodedPath decode_path(std::string_view raw, std::string& out);

// Normalises a decoded path that was put together (by a rewrite) as decode_path() does: removes
// "//", "." and "..". Returns false if it leads above the root or is not a path.
bool normalize_path(std::string& path);

// Appends a decoded path as part of a URL: escapes all but unreserved bytes (RFC 3986 §2.3) and
// '/'.
void append_encoded_path(std::string_view decoded, std::string& out);
// Appends a name as one segment of a URL: escapes '/' too.
void append_encoded_segment(std::string_view decoded, std::string& out);

// Whether a segment of a decoded path begins with '.', other than ".well-known" as the first
// (RFC 8615): .git, .env, .htaccess.
bool has_hidden_segment(std::string_view decoded_path);

}  // namespace tusk::http
