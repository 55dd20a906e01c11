// Context: what TLS handshakes use.
//
// Owner: shared by the CertificateStore, which hands out the newest, and by connections whose
// handshake began with an older one. Thread: made on any, then only read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tls/certificate.h"
#include "tls/host_names.h"
#include "tls/settings.h"
#include "tls/ticket_keys.h"

namespace tusk::tls {

// Holds everything that handshakes need: certificates by host name, versions, ciphers, protocols,
// client authorities. It never changes: a reload makes a new one.
class Context {
 public:
  // Reads all files. `keys` must outlive the context. `warnings` receives sentences about problems
  // that do not prevent its use.
  static base::Result<std::shared_ptr<const Context>> load(const Settings& settings,
                                                           TicketKeys& keys,
                                                           std::vector<std::string>& warnings);

  // Makes the server's side of a connection, before its handshake. Null: out of memory.
  Handle<ssl_st> make_session() const;

  // The time when the first certificate expires, in seconds since 1970.
  std::int64_t first_expiry() const;
  // The certificates, for the log.
  std::string description() const;

  // --- for OpenSSL's callbacks ---
  ssl_ctx_st* for_host(std::string_view host) const { return groups_[names_.find(host)].get(); }
  const std::string* staple_of(const x509_st* certificate) const;
  TicketKeys& ticket_keys() const { return keys_; }
  bool offers_http2() const { return http2_; }

  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() = default;

 private:
  Context(std::vector<Certificate> certificates, HostNames names, TicketKeys& keys, bool http2)
      : certificates_(std::move(certificates)),
        names_(std::move(names)),
        keys_(keys),
        http2_(http2) {}

  base::Result<void> make_groups(const Settings& settings);

  std::vector<Certificate> certificates_;
  HostNames names_;
  std::vector<Handle<ssl_ctx_st>> groups_;  // one for each group of names_
  TicketKeys& keys_;
  bool http2_;
};

}  // namespace tusk::tls
