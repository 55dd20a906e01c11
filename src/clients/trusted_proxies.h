// TrustedProxies: whom to believe about a request's client, and what that changes: the client's
// address, the scheme, the host and the port, for everything that comes after (routing, access
// log, $_SERVER).
//
// Owner: the app. Thread: any; constant once made.
#pragma once

#include <utility>
#include <vector>

#include "config/trusted_proxy.h"
#include "exec/job.h"
#include "http/forwarded.h"
#include "net/listener.h"

namespace tusk::clients {

class TrustedProxies {
 public:
  explicit TrustedProxies(std::vector<config::TrustedProxy> proxies);
  TrustedProxies(const TrustedProxies&) = delete;
  TrustedProxies& operator=(const TrustedProxies&) = delete;

  // Asked once for a connection.
  bool trusts(const net::Endpoint& peer) const;

  // Of a request that a trusted peer has sent: puts what it says of the client into the job. The
  // Host field becomes the host that the client asked for, so that everybody sees the same one.
  void apply(exec::Job& job) const;

 private:
  std::vector<config::TrustedProxy> proxies_;
  http::IsTrustedProxy contains_;
};

}  // namespace tusk::clients
