// TicketKeys: the keys that session tickets are sealed with. A ticket holds the whole session,
// so that nothing is kept here for a client that may come back (RFC 5077; RFC 8446 §4.6.1).
//
// Whoever learns a key can read the sessions that it sealed. So keys are made here, are on no disk,
// and are replaced: one seals for an interval, and opens for one more.
//
// Owner: the CertificateStore, for as long as the process lives: a reload of certificates keeps
// sessions. Thread: any.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/guarded.h"

namespace tusk::tls {

class TicketKeys {
 public:
  struct Key {
    std::array<unsigned char, 16> name{};  // what a ticket says that it was sealed with
    std::array<unsigned char, 32> cipher{};
    std::array<unsigned char, 32> mac{};
  };

  explicit TicketKeys(std::chrono::seconds interval) : interval_(interval) {}

  // To seal with. None: there is no randomness for a new one.
  std::optional<Key> current(base::MonotonicTime now);

  struct Found {
    Key key;
    bool is_current = false;
  };
  // To open with. None: too old, or never ours.
  std::optional<Found> find(std::string_view name, base::MonotonicTime now);

  std::chrono::seconds interval() const { return interval_; }

 private:
  struct Keys {
    std::optional<Key> current;
    std::optional<Key> previous;
    base::MonotonicTime made{};  // of the current one
  };

  void rotate(Keys& keys, base::MonotonicTime now) const;

  std::chrono::seconds interval_;
  base::Guarded<Keys> keys_;
};

}  // namespace tusk::tls
