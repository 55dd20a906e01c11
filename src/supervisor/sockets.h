// The listening sockets of the supervisor. Server processes inherit them, so that a connection
// waits in the kernel's queue while no process accepts it, and none is lost when processes take
// turns.
//
// Thread: the supervisor's only one.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/address.h"
#include "net/listener.h"
#include "supervisor/configuration.h"
#include "supervisor/server_process.h"

namespace tusk::supervisor {

// The name of the internal server's sockets.
inline constexpr std::string_view kInternalName = "internal";

// One address of the configuration with the sockets that listen on it.
struct BoundAddress {
  std::string name;         // the role in the name under which processes inherit it
  config::Address address;  // as it was configured; of a handed-over socket as the kernel says
  std::vector<net::Listener> listeners;
};

// Generations share an address that both have. It is closed with the last of them.
using BoundSockets = std::vector<std::shared_ptr<const BoundAddress>>;

// The sockets that were handed over to the supervisor (LISTEN_FDS) take the place of what the
// configuration says, and are the same for all generations.
class SocketSource {
 public:
  static base::Result<SocketSource> from_environment();

  static SocketSource adopt(BoundSockets clients, BoundSockets internal);
  const BoundSockets& given_clients() const { return clients_; }
  const BoundSockets& given_internal() const { return internal_; }

  // Binds the addresses of `configuration` that are not among `before`.
  base::Result<BoundSockets> open(const Configuration& configuration,
                                  const BoundSockets& before) const;

  // Closes the supervisor's copies of the sockets that were handed over.
  void release() {
    clients_.clear();
    internal_.clear();
  }

 private:
  BoundSockets clients_;   // handed over; empty: none was
  BoundSockets internal_;  // as that, for the internal server
};

// Under names that say the role and the address (net/socket_name.h).
std::vector<HandedSocket> handed(const BoundSockets& sockets);

}  // namespace tusk::supervisor
