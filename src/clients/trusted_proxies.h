// TrustedProxies: the proxies whose word on a request's client is believed. What they say changes
// the client's address, the scheme, the host and the port for everything that comes after: routing,
// access log, $_SERVER.
//
// Owner: the app. Thread: any; constant once made.
#pragma once

#include <vector>

#include "config/trusted_proxy.h"
#include "http/forwarded.h"
#include "http/request_origin.h"
#include "net/listener.h"

namespace tusk::clients {

class TrustedProxies {
 public:
  explicit TrustedProxies(std::vector<config::TrustedProxy> proxies);
  TrustedProxies(const TrustedProxies&) = delete;
  TrustedProxies& operator=(const TrustedProxies&) = delete;

  // Asked once for a connection.
  bool trusts(const net::Endpoint& peer) const;

  // Applies what the head of a trusted peer's request says of the client. The Host field becomes
  // the host that the client asked for, so that all who read it see the same one.
  void apply(http::RequestHead& head, http::RequestOrigin& origin) const;

 private:
  std::vector<config::TrustedProxy> proxies_;
  http::IsTrustedProxy contains_;
};

}  // namespace tusk::clients
