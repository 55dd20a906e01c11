#include "admin/access_token.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include <fcntl.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace tusk::admin {

namespace {

constexpr std::size_t kFewestCharacters = 16;
constexpr std::size_t kMostCharacters = 1024;
constexpr std::string_view kBearer = "Bearer ";
constexpr std::string_view kBasic = "Basic ";

bool is_visible(unsigned char character) { return character > ' ' && character < 0x7f; }

// The name of a scheme is case-insensitive (RFC 9110 §11.1).
bool has_scheme(std::string_view authorization, std::string_view scheme) {
  return authorization.size() > scheme.size() &&
         ::strncasecmp(authorization.data(), scheme.data(), scheme.size()) == 0;
}

// Decodes base64 (RFC 4648 §4). Any other text becomes one that is no token.
std::string decoded_base64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string decoded;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char letter : text) {
    const std::size_t digit = kDigits.find(letter);
    if (digit == std::string_view::npos) return {};
    bits = bits << 6U | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    decoded.push_back(static_cast<char>(bits >> count & 0xffU));
  }
  return decoded;
}

}  // namespace

AccessToken::~AccessToken() { ::explicit_bzero(token_.data(), token_.size()); }

base::Result<AccessToken> AccessToken::read(const std::string& path) {
  if (path.empty()) return AccessToken();
  const std::string what = "internal_token_file: " + path;
  const base::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) return base::fail_errno(what, errno);
  if (!S_ISREG(status.st_mode)) return base::fail(what + " is not a regular file");
  std::array<char, kMostCharacters + 64> text{};
  const ssize_t count = ::pread(file.get(), text.data(), text.size(), 0);
  if (count < 0) return base::fail_errno(what, errno);
  std::size_t length = static_cast<std::size_t>(count);
  while (length > 0 && std::strchr(" \t\r\n", text[length - 1]) != nullptr) --length;
  std::string token(text.data(), length);
  ::explicit_bzero(text.data(), text.size());
  AccessToken result(std::move(token));
  if (length < kFewestCharacters || length > kMostCharacters) {
    return base::fail(what + ": the token must have " + std::to_string(kFewestCharacters) + " to " +
                      std::to_string(kMostCharacters) + " characters");
  }
  if (!std::ranges::all_of(result.token_, is_visible)) {
    return base::fail(what + ": the token must be one line of visible ASCII characters");
  }
  return result;
}

bool AccessToken::admits(std::string_view authorization) const {
  if (!required()) return true;
  if (has_scheme(authorization, kBearer)) return equals(authorization.substr(kBearer.size()));
  if (!has_scheme(authorization, kBasic)) return false;
  // Any user name, a colon, the password (RFC 7617 §2).
  std::string given = decoded_base64(authorization.substr(kBasic.size()));
  const std::size_t colon = given.find(':');
  const bool admitted =
      colon != std::string::npos && equals(std::string_view(given).substr(colon + 1));
  ::explicit_bzero(given.data(), given.size());
  return admitted;
}

bool AccessToken::equals(std::string_view given) const {
  unsigned difference = given.size() == token_.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto one = static_cast<unsigned char>(given[i]);
    const auto other = static_cast<unsigned char>(token_[i % token_.size()]);
    difference |= static_cast<unsigned>(one ^ other);
  }
  return difference == 0;
}

}  // namespace tusk::admin
