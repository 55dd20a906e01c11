#include "supervisor/sockets.h"

#include <algorithm>
#include <utility>

#include "net/inherited_sockets.h"
#include "net/socket_name.h"

namespace tusk::supervisor {

namespace {

// A server process does not see the configured address, only the socket: the name says what else
// the address says.
std::string_view name_of(const config::Address& address) {
  switch (address.scheme) {
    case config::Address::Scheme::kHttp:
      return "http";
    case config::Address::Scheme::kHttps:
      return "https";
    case config::Address::Scheme::kByPort:
      return "";
  }
  return "";
}

std::shared_ptr<const BoundAddress> find(const BoundSockets& among, std::string_view name,
                                         const config::Address& address) {
  const auto found = std::ranges::find_if(
      among, [&](const auto& bound) { return bound->name == name && bound->address == address; });
  return found != among.end() ? *found : nullptr;
}

// An address of this tusk that takes the port from another spelling of it, such as :8080 from
// http://:8080. Both cannot be open at once, so a reload cannot change one to the other.
std::string clash_with(const BoundSockets& before, const config::Address& address) {
  if (address.kind != config::Address::Kind::kTcp || address.port == 0) return {};
  const auto found = std::ranges::find_if(before, [&](const auto& bound) {
    return std::ranges::any_of(bound->listeners, [&](const net::Listener& listener) {
      const config::Address& actual = listener.address();
      return actual.kind == address.kind && actual.port == address.port;
    });
  });
  if (found == before.end()) return {};
  return " (this tusk has the port as " + to_string((*found)->address) +
         "; a restart changes it, a reload cannot)";
}

base::Result<std::shared_ptr<const BoundAddress>> bind(const config::Address& address,
                                                       std::string_view name,
                                                       const net::ListenOptions& options,
                                                       const BoundSockets& before) {
  std::shared_ptr<const BoundAddress> bound = find(before, name, address);
  if (bound != nullptr) return bound;
  base::Result<std::vector<net::Listener>> listeners = net::Listener::open(address, options);
  if (!listeners) return base::fail(listeners.error().message + clash_with(before, address));
  return std::make_shared<const BoundAddress>(
      BoundAddress{std::string(name), address, std::move(*listeners)});
}

}  // namespace

base::Result<SocketSource> SocketSource::from_environment() {
  SocketSource source;
  auto inherited = net::take_inherited_sockets();
  if (!inherited) return std::unexpected(inherited.error());
  for (net::InheritedSocket& socket : *inherited) {
    base::Result<net::Listener> listener = net::Listener::adopt(std::move(socket.socket));
    if (!listener) return std::unexpected(listener.error());
    BoundAddress bound{socket.name, listener->address(), {}};
    bound.listeners.push_back(std::move(*listener));
    BoundSockets& list = socket.name == kInternalName ? source.internal_ : source.clients_;
    list.push_back(std::make_shared<const BoundAddress>(std::move(bound)));
  }
  return source;
}

SocketSource SocketSource::adopt(BoundSockets clients, BoundSockets internal) {
  SocketSource source;
  source.clients_ = std::move(clients);
  source.internal_ = std::move(internal);
  return source;
}

base::Result<BoundSockets> SocketSource::open(const Configuration& configuration,
                                              const BoundSockets& before) const {
  BoundSockets sockets = clients_;
  if (clients_.empty()) {
    for (const config::Address& address : configuration.listen) {
      auto bound = bind(address, name_of(address), configuration.listen_options, before);
      if (!bound) return std::unexpected(bound.error());
      sockets.push_back(std::move(*bound));
    }
  }
  if (!internal_.empty()) {
    sockets.insert(sockets.end(), internal_.begin(), internal_.end());
  } else if (configuration.internal) {
    auto bound =
        bind(*configuration.internal, kInternalName, configuration.internal_options, before);
    if (!bound) {
      return base::fail(bound.error().message +
                        " (the internal server; --internal-addr gives it another address, or off)");
    }
    sockets.push_back(std::move(*bound));
  }
  return sockets;
}

std::vector<HandedSocket> handed(const BoundSockets& sockets) {
  std::vector<HandedSocket> handed;
  for (const auto& bound : sockets) {
    for (const net::Listener& listener : bound->listeners) {
      handed.push_back({listener.fd(), net::socket_name(bound->name, bound->address)});
    }
  }
  return handed;
}

}  // namespace tusk::supervisor
