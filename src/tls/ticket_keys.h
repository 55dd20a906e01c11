// TicketKeys: the keys that encrypt session tickets.
//
// Owner: the CertificateStore, for the life of the process, so that sessions outlive a reload of
// certificates. Thread: any.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/guarded.h"
#include "tls/shared_ticket_keys.h"
#include "tls/ticket_key.h"

namespace tusk::tls {

// A ticket contains the whole session, so the server stores nothing for a client that may come back
// (RFC 5077; RFC 8446 §4.6.1). A stolen key reveals the sessions that it encrypted. So keys are
// generated here, are never written to a disk, and are replaced: each encrypts for one interval,
// and decrypts for one more.
class TicketKeys {
 public:
  using Key = TicketKey;

  // `shared` is null where no other process has the same keys.
  explicit TicketKeys(std::chrono::seconds interval,
                      std::unique_ptr<SharedTicketKeys> shared = nullptr)
      : interval_(interval) {
    keys_.lock()->shared = std::move(shared);
  }

  // The key for encryption. None: there are no random bytes for a new one.
  std::optional<Key> current(base::MonotonicTime now);

  struct Found {
    Key key;
    bool is_current = false;
  };
  // The key for decryption. None: too old, or not ours.
  std::optional<Found> find(std::string_view name, base::MonotonicTime now);

  std::chrono::seconds interval() const { return interval_; }

 private:
  struct Keys {
    TicketKeyPair pair;
    std::unique_ptr<SharedTicketKeys> shared;
  };

  bool due(const TicketKeyPair& pair, base::MonotonicTime now) const;
  void rotate(TicketKeyPair& pair, base::MonotonicTime now) const;
  void refresh(Keys& keys, base::MonotonicTime now) const;

  std::chrono::seconds interval_;
  base::Guarded<Keys> keys_;
};

}  // namespace tusk::tls
