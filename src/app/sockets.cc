#include "app/sockets.h"

#include <cerrno>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include <grp.h>
#include <pwd.h>

#include "net/inherited_sockets.h"

namespace tusk::app {

namespace {

constexpr std::string_view kInternalName = "internal";

std::uint32_t number_of(const std::string& text, int base) {
  std::uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number, base);
  return number;
}

// Names were checked when the configuration was.
std::optional<uid_t> user_id(const std::string& name) {
  if (name.empty()) return std::nullopt;
  const passwd* const entry = ::getpwnam(name.c_str());
  return entry != nullptr ? entry->pw_uid : number_of(name, 10);
}

std::optional<gid_t> group_id(const std::string& name) {
  if (name.empty()) return std::nullopt;
  const group* const entry = ::getgrnam(name.c_str());
  return entry != nullptr ? entry->gr_gid : number_of(name, 10);
}

net::ListenOptions listen_options(const config::Settings& settings) {
  net::ListenOptions options;
  options.backlog = static_cast<int>(settings.listen_backlog);
  options.mode = static_cast<mode_t>(number_of(settings.listen_mode, 8));
  options.owner = user_id(settings.listen_owner);
  options.group = group_id(settings.listen_group);
  return options;
}

base::Result<Listeners> open_listeners(const std::vector<config::Address>& addresses,
                                       const net::ListenOptions& options) {
  Listeners listeners;
  for (const config::Address& address : addresses) {
    base::Result<Listeners> opened = net::Listener::open(address, options);
    if (!opened) return std::unexpected(opened.error());
    for (net::Listener& listener : *opened) listeners.push_back(std::move(listener));
  }
  return listeners;
}

base::Result<Sockets> inherited_sockets() {
  Sockets sockets;
  auto inherited = net::take_inherited_sockets();
  if (!inherited) return std::unexpected(inherited.error());
  for (net::InheritedSocket& one : *inherited) {
    base::Result<net::Listener> listener = net::Listener::adopt(std::move(one.socket));
    if (!listener) return std::unexpected(listener.error());
    Listeners& list = one.name == kInternalName ? sockets.internal : sockets.clients;
    list.push_back(std::move(*listener));
  }
  return sockets;
}

}  // namespace

base::Result<Sockets> open_sockets(const config::Settings& settings) {
  base::Result<Sockets> sockets = inherited_sockets();
  if (!sockets) return sockets;
  const net::ListenOptions options = listen_options(settings);
  if (sockets->clients.empty()) {
    base::Result<Listeners> opened = open_listeners(settings.listen, options);
    if (!opened) return std::unexpected(opened.error());
    sockets->clients = std::move(*opened);
  }
  if (sockets->internal.empty() && settings.internal_addr) {
    base::Result<Listeners> opened = open_listeners({*settings.internal_addr}, options);
    if (!opened) {
      base::Error error = opened.error();
      error.message += " (the internal server; --internal-addr gives it another address, or off)";
      return std::unexpected(error);
    }
    sockets->internal = std::move(*opened);
  }
  return sockets;
}

base::Result<Listeners> twins_of(const Listeners& listeners) {
  Listeners twins;
  for (const net::Listener& listener : listeners) {
    base::Result<net::Listener> twin = listener.twin();
    if (!twin) return std::unexpected(twin.error());
    twins.push_back(std::move(*twin));
  }
  return twins;
}

std::string urls_of(const Listeners& listeners, bool has_certificate) {
  std::string urls;
  for (const net::Listener& listener : listeners) {
    if (!urls.empty()) urls += ", ";
    urls += listener.url(listener.address().speaks_tls(has_certificate));
  }
  return urls;
}

}  // namespace tusk::app
