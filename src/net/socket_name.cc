#include "net/socket_name.h"

namespace tusk::net {

namespace {

constexpr char kSeparator = '@';  // also the beginning of an abstract name, so the first one counts
constexpr std::string_view kColon = "%3A";
constexpr std::string_view kPercent = "%25";

}  // namespace

std::string socket_name(std::string_view role, const config::Address& configured) {
  std::string name(role);
  name.push_back(kSeparator);
  for (const char c : config::to_string(configured)) {
    if (c == ':') {
      name.append(kColon);
    } else if (c == '%') {
      name.append(kPercent);
    } else {
      name.push_back(c);
    }
  }
  return name;
}

SocketName parse_socket_name(std::string_view name) {
  const std::size_t separator = name.find(kSeparator);
  SocketName parsed{.role = name.substr(0, separator), .configured = {}};
  if (separator == std::string_view::npos) return parsed;
  std::string address;
  for (std::string_view rest = name.substr(separator + 1); !rest.empty();) {
    const bool colon = rest.starts_with(kColon);
    const bool escape = colon || rest.starts_with(kPercent);
    address.push_back(colon ? ':' : rest.front());
    rest.remove_prefix(escape ? kColon.size() : 1);
  }
  if (const auto configured = config::parse_address(address)) parsed.configured = *configured;
  return parsed;
}

}  // namespace tusk::net
