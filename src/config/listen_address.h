// ListenAddress: an address to serve on, with the options that hold for it alone.
//
// Thread: any; a value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/address.h"
#include "config/trusted_header.h"
#include "config/trusted_proxy.h"

namespace tusk::config {

// An entry of `listen`. In the file it may be a table (config/file/toml_listeners.h). Its text is
// the address, followed by options: "127.0.0.1:8081,proxy_protocol=off,trusted_proxies=private". An
// option that is given several times has several values, and off means none.
struct ListenAddress : Address {
  // An option that is not given has the value of the option for all listeners.
  std::optional<std::vector<TrustedProxy>> trusted_proxies{};
  std::optional<std::vector<TrustedHeader>> trusted_headers{};
  std::optional<std::vector<TrustedProxy>> proxy_protocol{};

  ListenAddress() = default;
  explicit ListenAddress(Address address) : Address(std::move(address)) {}

  bool operator==(const ListenAddress&) const = default;
};

// The names of these options.
inline constexpr std::string_view kListenerOptions[] = {"trusted_proxies", "trusted_headers",
                                                        "proxy_protocol"};

// "proxy_protocol=off" in two parts; nothing if `text` does not begin with such a name and "=".
struct ListenerOption {
  std::string_view name;
  std::string_view value;
};
std::optional<ListenerOption> split_listener_option(std::string_view text);

// Adds a value of an option, as text.
base::Result<void> add_option(ListenAddress& listener, const ListenerOption& option);

// A unix socket's path is not made absolute.
base::Result<ListenAddress> parse_listen_address(std::string_view text);

// The text that parse_listen_address() reads back as the same.
std::string to_string(const ListenAddress& listener);

}  // namespace tusk::config
