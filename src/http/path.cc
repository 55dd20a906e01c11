#include "http/path.h"

#include <algorithm>

#include "http/token.h"

namespace tusk::http {
namespace {

// Decodes percent escapes, once.
DecodedPath undo_escapes(std::string_view raw, std::string& out) {
  DecodedPath result;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '%') {
      out.push_back(raw[i]);
      continue;
    }
    if (raw.size() - i < 3 || !is_hex_digit(raw[i + 1]) || !is_hex_digit(raw[i + 2])) {
      result.error = PathError::kBadEscape;
      return result;
    }
    const char c = static_cast<char>(hex_value(raw[i + 1]) * 16 + hex_value(raw[i + 2]));
    if (c == '\0') {
      result.error = PathError::kNulByte;
      return result;
    }
    if (c == '/') result.encoded_slash = true;
    out.push_back(c);
    i += 2;
  }
  return result;
}

// Whether the path is already normalised: no empty segment, and no segment begins with '.'. This
// holds for nearly every request.
bool is_normal(std::string_view path) {
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (path[i - 1] == '/' && (path[i] == '/' || path[i] == '.')) return false;
  }
  return true;
}

// RFC 3986 §5.2.4, in place. Two differences: empty segments are removed, and ".." at the root is
// an error, because no honest client sends it, but scanners do.
bool remove_dot_segments(std::string& path) {
  std::size_t written = 1;  // path[0..written) is done and ends with '/'
  std::size_t at = 1;
  while (at < path.size()) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view segment = std::string_view(path).substr(at, end - at);
    const bool last = end == path.size();
    if (segment == "..") {
      if (written == 1) return false;
      written = path.rfind('/', written - 2) + 1;
    } else if (!segment.empty() && segment != ".") {
      std::copy(path.begin() + static_cast<std::ptrdiff_t>(at),
                path.begin() + static_cast<std::ptrdiff_t>(end),
                path.begin() + static_cast<std::ptrdiff_t>(written));
      written += segment.size();
      if (!last) path[written++] = '/';
    }
    at = end + 1;
  }
  path.resize(written);
  return true;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

void append_encoded(char c, bool keep, std::string& out) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  if (keep || is_unreserved(c)) return out.push_back(c);
  const auto byte = static_cast<unsigned char>(c);
  out.push_back('%');
  out.push_back(kHex[byte >> 4]);
  out.push_back(kHex[byte & 15]);
}

}  // namespace

std::string_view describe(PathError error) {
  switch (error) {
    case PathError::kNone:
      return "no error";
    case PathError::kNotAbsolute:
      return "path does not begin with a slash";
    case PathError::kBadEscape:
      return "invalid percent escape in path";
    case PathError::kNulByte:
      return "NUL byte in path";
    case PathError::kAboveRoot:
      return "path leads above the root";
  }
  return "unknown";
}

DecodedPath decode_path(std::string_view raw, std::string& out) {
  out.clear();
  if (!raw.starts_with('/')) return {PathError::kNotAbsolute, false};
  if (raw.find('\0') != std::string_view::npos) return {PathError::kNulByte, false};
  DecodedPath result;
  if (raw.find('%') == std::string_view::npos) {
    out.assign(raw);
  } else {
    result = undo_escapes(raw, out);
    if (result.error != PathError::kNone) return result;
  }
  if (!is_normal(out) && !remove_dot_segments(out)) result.error = PathError::kAboveRoot;
  return result;
}

bool normalize_path(std::string& path) {
  if (!path.starts_with('/') || path.find('\0') != std::string::npos) return false;
  return is_normal(path) || remove_dot_segments(path);
}

void append_encoded_path(std::string_view decoded, std::string& out) {
  for (const char c : decoded) append_encoded(c, c == '/', out);
}

void append_encoded_segment(std::string_view decoded, std::string& out) {
  for (const char c : decoded) append_encoded(c, false, out);
}

bool has_hidden_segment(std::string_view decoded_path) {
  constexpr std::string_view kWellKnown = "/.well-known";
  std::size_t at = 0;
  if (decoded_path.starts_with(kWellKnown) &&
      (decoded_path.size() == kWellKnown.size() || decoded_path[kWellKnown.size()] == '/')) {
    at = kWellKnown.size();
  }
  return decoded_path.find("/.", at) != std::string_view::npos;
}

}  // namespace tusk::http
