// decode_path and split_target: compared with a slow and simple version; no result leaves the root.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "http/path.h"
#include "http/target.h"
#include "http/token.h"

namespace {

using tusk::http::PathError;

// The decoded path, segment by segment; nothing if it must be refused.
std::optional<std::string> obvious_path(std::string_view raw, bool& encoded_slash) {
  encoded_slash = false;
  if (raw.empty() || raw[0] != '/') return std::nullopt;
  std::string decoded;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    char c = raw[i];
    if (c == '%') {
      if (i + 2 >= raw.size()) return std::nullopt;
      const std::string digits(raw.substr(i + 1, 2));
      if (digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
        return std::nullopt;
      }
      c = static_cast<char>(std::stoi(digits, nullptr, 16));
      if (c == '/') encoded_slash = true;
      i += 2;
    }
    if (c == '\0') return std::nullopt;
    decoded.push_back(c);
  }
  std::vector<std::string> segments;
  bool directory = true;
  std::size_t at = 1;
  while (at <= decoded.size()) {
    const std::size_t end = std::min(decoded.find('/', at), decoded.size());
    const std::string segment = decoded.substr(at, end - at);
    directory = segment.empty() || segment == "." || segment == ".." || end < decoded.size();
    if (segment == "..") {
      if (segments.empty()) return std::nullopt;
      segments.pop_back();
    } else if (!segment.empty() && segment != ".") {
      segments.push_back(segment);
    }
    at = end + 1;
  }
  std::string path;
  for (const std::string& segment : segments) path += "/" + segment;
  if (directory || path.empty()) path += "/";
  return path;
}

void check_path(std::string_view raw) {
  std::string path;
  const auto result = tusk::http::decode_path(raw, path);
  bool encoded_slash = false;
  const auto expected = obvious_path(raw, encoded_slash);
  TUSK_CHECK((result.error == PathError::kNone) == expected.has_value());
  if (!expected) return;
  TUSK_CHECK(path == *expected);
  TUSK_CHECK(result.encoded_slash == encoded_slash);
  TUSK_CHECK(path.starts_with('/') && path.find("//") == std::string::npos);
  TUSK_CHECK((path + "/").find("/../") == std::string::npos);
  TUSK_CHECK((path + "/").find("/./") == std::string::npos);
  TUSK_CHECK(path.find('\0') == std::string::npos);
  tusk::http::has_hidden_segment(path);
}

void check_target(std::string_view text) {
  for (const std::string_view method : {"GET", "OPTIONS"}) {
    const auto target = tusk::http::split_target(text, method);
    if (!target) continue;
    TUSK_CHECK(tusk::http::is_target(text));
    std::string joined;
    if (target->form == tusk::http::TargetForm::kAbsolute) {
      TUSK_CHECK(tusk::http::is_valid_authority(target->authority));
      joined = text.substr(0, text.find("://") + 3);
      joined += target->authority;
    } else {
      TUSK_CHECK(target->authority.empty() && !target->path.empty());
    }
    joined += target->path;
    if (target->has_query) joined += "?";
    joined += target->query;
    TUSK_CHECK(joined == text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_path(text);
  check_path("/" + std::string(text));
  check_target(text);
  check_target("http://" + std::string(text));
  tusk::http::is_valid_authority(text);
  return 0;
}
