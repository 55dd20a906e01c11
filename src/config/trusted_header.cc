#include "config/trusted_header.h"

#include <array>
#include <string>
#include <vector>

#include "config/names/suggestion.h"
#include "config/value.h"

namespace tusk::config {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 5> kNames = {
    "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "Forwarded"};

// What people write for them: the last part of the name, and the parameters of Forwarded.
constexpr std::array<std::string_view, 4> kShortNames = {"for", "proto", "host", "port"};

}  // namespace

base::Result<TrustedHeader> parse_trusted_header(std::string_view text) {
  const std::string written = lower(text);
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (written == lower(kNames[i])) return static_cast<TrustedHeader>(i);
  }
  std::vector<names::Name> names;
  std::string all;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const std::string name(kNames[i]);
    names.push_back({.known = lower(name), .answer = name});
    if (i < kShortNames.size())
      names.push_back({.known = std::string(kShortNames[i]), .answer = name});
    all += (i == 0 ? "" : ", ") + name;
  }
  return base::fail(quoted(text) + " is not one of " + all + names::did_you_mean(written, names));
}

std::string_view to_string(TrustedHeader header) {
  return kNames[static_cast<std::size_t>(header)];
}

}  // namespace tusk::config
