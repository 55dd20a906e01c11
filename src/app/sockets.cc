#include "app/sockets.h"

#include <string_view>
#include <utility>

#include "net/inherited_sockets.h"
#include "net/socket_name.h"

namespace tusk::app {

namespace {

constexpr std::string_view kInternalName = "internal";

// The name of a socket that was handed over may say what it speaks.
config::Address::Scheme scheme_of(std::string_view name) {
  if (name == "http") return config::Address::Scheme::kHttp;
  if (name == "https") return config::Address::Scheme::kHttps;
  return config::Address::Scheme::kByPort;
}

// A host name may stand for several addresses, so one address may need several sockets.
base::Result<void> open_listener(const config::Address& address, const net::ListenOptions& options,
                                 Listeners& listeners) {
  base::Result<Listeners> opened = net::Listener::open(address, options);
  if (!opened) return std::unexpected(opened.error());
  for (net::Listener& listener : *opened) listeners.push_back(std::move(listener));
  return {};
}

base::Result<Sockets> inherited_sockets() {
  Sockets sockets;
  auto inherited = net::take_inherited_sockets();
  if (!inherited) return std::unexpected(inherited.error());
  for (net::InheritedSocket& one : *inherited) {
    const net::SocketName name = net::parse_socket_name(one.name);
    base::Result<net::Listener> listener =
        net::Listener::adopt(std::move(one.socket), scheme_of(name.role), name.configured);
    if (!listener) return std::unexpected(listener.error());
    Listeners& list = name.role == kInternalName ? sockets.internal : sockets.clients;
    list.push_back(std::move(*listener));
  }
  return sockets;
}

}  // namespace

base::Result<Sockets> open_sockets(const plan::Plan& plan) {
  base::Result<Sockets> sockets = inherited_sockets();
  if (!sockets) return sockets;
  if (sockets->clients.empty()) {
    for (const plan::ListenerPlan& listener : plan.listeners) {
      const base::Result<void> opened =
          open_listener(listener.address, listener.socket, sockets->clients);
      if (!opened) return std::unexpected(opened.error());
    }
  }
  if (sockets->internal.empty() && plan.process.internal_address) {
    const base::Result<void> opened = open_listener(
        *plan.process.internal_address, plan.process.internal_socket, sockets->internal);
    if (!opened) {
      base::Error error = opened.error();
      error.message += " (the internal server; --internal-addr gives it another address, or off)";
      return std::unexpected(error);
    }
  }
  return sockets;
}

base::Result<Listeners> twins_of(const Listeners& listeners) {
  Listeners duplicates;
  for (const net::Listener& listener : listeners) {
    base::Result<net::Listener> duplicate = listener.duplicate();
    if (!duplicate) return std::unexpected(duplicate.error());
    duplicates.push_back(std::move(*duplicate));
  }
  return duplicates;
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
