#include "tls/ticket_keys.h"

#include <cstring>

#include <openssl/rand.h>

namespace tusk::tls {

namespace {

std::optional<TicketKeys::Key> make_key() {
  TicketKeys::Key key;
  if (::RAND_bytes(key.name.data(), static_cast<int>(key.name.size())) != 1 ||
      ::RAND_priv_bytes(key.cipher.data(), static_cast<int>(key.cipher.size())) != 1 ||
      ::RAND_priv_bytes(key.mac.data(), static_cast<int>(key.mac.size())) != 1) {
    return std::nullopt;
  }
  return key;
}

bool is_named(const std::optional<TicketKeys::Key>& key, std::string_view name) {
  return key && name.size() == key->name.size() &&
         std::memcmp(key->name.data(), name.data(), name.size()) == 0;
}

}  // namespace

// There is no timer: the first call after the interval replaces the key.
bool TicketKeys::due(const TicketKeyPair& pair, base::MonotonicTime now) const {
  return !pair.current || now - pair.made >= interval_;
}

void TicketKeys::rotate(TicketKeyPair& pair, base::MonotonicTime now) const {
  if (!due(pair, now)) return;
  // A key that was not used for another whole interval has encrypted nothing in it.
  const bool just_now = pair.current && now - pair.made < 2 * interval_;
  pair.previous = just_now ? pair.current : std::nullopt;
  pair.current = make_key();
  pair.made = now;
}

void TicketKeys::refresh(Keys& keys, base::MonotonicTime now) const {
  if (keys.shared != nullptr) keys.shared->read(keys.pair);
  if (!due(keys.pair, now)) return;
  const auto change = [&](TicketKeyPair& pair) { rotate(pair, now); };
  if (keys.shared != nullptr && keys.shared->update(keys.pair, change)) return;
  // Alone, or another process that changes the keys was stopped: a key of this process's own is
  // better than none. It is dropped when the shared ones change.
  change(keys.pair);
}

std::optional<TicketKeys::Key> TicketKeys::current(base::MonotonicTime now) {
  auto keys = keys_.lock();
  refresh(*keys, now);
  return keys->pair.current;
}

std::optional<TicketKeys::Found> TicketKeys::find(std::string_view name, base::MonotonicTime now) {
  auto keys = keys_.lock();
  refresh(*keys, now);
  const TicketKeyPair& pair = keys->pair;
  if (is_named(pair.current, name)) return Found{.key = *pair.current, .is_current = true};
  if (is_named(pair.previous, name)) return Found{.key = *pair.previous, .is_current = false};
  return std::nullopt;
}

}  // namespace tusk::tls
