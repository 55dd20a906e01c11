// TicketKeys: the keys that encrypt session tickets.
//
// Owner: the CertificateStore, for the life of the process, so that sessions outlive a reload of
// certificates. Thread: any.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/guarded.h"

namespace tusk::tls {

// A ticket contains the whole session, so the server stores nothing for a client that may come back
// (RFC 5077; RFC 8446 §4.6.1). A stolen key reveals the sessions that it encrypted. So keys are
// generated here, are never written to a disk, and are replaced: each encrypts for one interval,
// and decrypts for one more.
class TicketKeys {
 public:
  struct Key {
    std::array<unsigned char, 16> name{};  // names the key in a ticket
    std::array<unsigned char, 32> cipher{};
    std::array<unsigned char, 32> mac{};
  };

  explicit TicketKeys(std::chrono::seconds interval) : interval_(interval) {}

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
    std::optional<Key> current;
    std::optional<Key> previous;
    base::MonotonicTime made{};  // of the current key
  };

  void rotate(Keys& keys, base::MonotonicTime now) const;

  std::chrono::seconds interval_;
  base::Guarded<Keys> keys_;
};

}  // namespace tusk::tls
