// Listener: a listening socket.
//
// Owner: the server. Thread: open() any, accept() the loop.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "config/address.h"
#include "net/listen_options.h"

namespace tusk::net {

// One end of a connection, as text for logs and for $_SERVER. For unix sockets: "unix:", followed
// by the path at the server's end, and port 0.
struct Endpoint {
  std::string address;
  std::uint16_t port = 0;
};

enum class AcceptStatus {
  kAccepted,
  kNoneWaiting,
  kOutOfDescriptors,  // or out of kernel memory: pause
};

struct Accepted {
  AcceptStatus status;
  base::UniqueFd socket;  // non-blocking, close-on-exec
  Endpoint peer;
  Endpoint local{};  // set if a load balancer in front has sent it; otherwise ask the socket
};

// A socket that accepts connections on one address.
class Listener {
 public:
  // One address may need several sockets (a host name with IPv4 and IPv6). An empty host means
  // every interface: one IPv6 socket, which also accepts IPv4. A host in brackets, even [::], is
  // IPv6 only.
  static base::Result<std::vector<Listener>> open(const config::Address& address,
                                                  const ListenOptions& options = {});

  // Takes a socket that already listens. Its maker also keeps its file.
  // `configured`: the address that it was opened for, if its maker has said so.
  static base::Result<Listener> adopt(
      base::UniqueFd socket, config::Address::Scheme scheme = config::Address::Scheme::kByPort,
      const std::optional<config::Address>& configured = {});

  // Takes a socket that this process opened before it executed another program.
  static Listener take_over(base::UniqueFd socket, config::Address address, bool owns_file);

  // Has no socket: no client comes. For connections that come in another way.
  static Listener without_socket() { return Listener({}, {}); }

  // Returns the same socket for another loop; the first loop to accept gets the client.
  base::Result<Listener> duplicate() const;

  Accepted accept();

  void close();

  int fd() const { return socket_.get(); }
  // Its file is removed with it.
  bool owns_file() const { return owns_file_; }
  // The address, with the port that the kernel chose if 0 was asked for.
  const config::Address& address() const { return address_; }
  // The address that it was opened for, which may be a host name.
  const config::Address& configured() const { return configured_; }
  // The URL that a person would type: http://127.0.0.1:8080, or https:// with TLS, or
  // unix:/run/tusk.sock.
  std::string url(bool tls) const;

  Listener(Listener&&) = default;
  Listener& operator=(Listener&&) = default;
  ~Listener();

 private:
  Listener(base::UniqueFd socket, config::Address address)
      : socket_(std::move(socket)), address_(std::move(address)), configured_(address_) {}
  static base::Result<Listener> open_unix(const config::Address& address,
                                          const ListenOptions& options);
  static base::Result<std::vector<Listener>> open_tcp(const config::Address& address,
                                                      const ListenOptions& options);

  base::UniqueFd socket_;
  config::Address address_;
  config::Address configured_;
  bool owns_file_ = false;  // removes the unix socket's file with the listener
};

// The local end of an accepted socket.
Endpoint local_endpoint(int socket);

}  // namespace tusk::net
