// TrustedProxies: the proxies whose statements about a request's client are believed.
//
// Owner: app::plan::ListenerPlan. Thread: any; constant once made.
#pragma once

#include <vector>

#include "config/trusted_proxy.h"
#include "http/forwarded.h"
#include "http/request_origin.h"
#include "net/listener.h"

namespace tusk::clients {

// Their statements change the client's address, the scheme, the host and the port for everything
// that follows: routing, access log, $_SERVER.
class TrustedProxies {
 public:
  explicit TrustedProxies(std::vector<config::TrustedProxy> proxies,
                          http::ForwardedFields fields = {});
  TrustedProxies(const TrustedProxies&) = delete;
  TrustedProxies& operator=(const TrustedProxies&) = delete;

  // Called once for a connection.
  bool trusts(const net::Endpoint& peer) const;

  // Applies what the head of a trusted peer's request says about the client. The Host field becomes
  // the host that the client asked for, so that all its readers see the same one.
  void apply(http::RequestHead& head, http::RequestOrigin& origin) const;

  // The fields in which they are believed.
  const http::ForwardedFields& fields() const { return fields_; }

 private:
  std::vector<config::TrustedProxy> proxies_;
  http::ForwardedFields fields_;
  http::IsTrustedProxy contains_;
};

}  // namespace tusk::clients
