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
void TicketKeys::rotate(Keys& keys, base::MonotonicTime now) const {
  if (keys.current && now - keys.made < interval_) return;
  // A key that was not used for another whole interval has encrypted nothing in it.
  const bool just_now = keys.current && now - keys.made < 2 * interval_;
  keys.previous = just_now ? keys.current : std::nullopt;
  keys.current = make_key();
  keys.made = now;
}

std::optional<TicketKeys::Key> TicketKeys::current(base::MonotonicTime now) {
  auto keys = keys_.lock();
  rotate(*keys, now);
  return keys->current;
}

std::optional<TicketKeys::Found> TicketKeys::find(std::string_view name, base::MonotonicTime now) {
  auto keys = keys_.lock();
  rotate(*keys, now);
  if (is_named(keys->current, name)) return Found{.key = *keys->current, .is_current = true};
  if (is_named(keys->previous, name)) return Found{.key = *keys->previous, .is_current = false};
  return std::nullopt;
}

}  // namespace tusk::tls
