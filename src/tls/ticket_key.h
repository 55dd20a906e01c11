// TicketKey: a key that encrypts session tickets, and the pair of them that is in use.
//
// Thread: any; values.
#pragma once

#include <array>
#include <optional>

#include "base/clock.h"

namespace tusk::tls {

struct TicketKey {
  std::array<unsigned char, 16> name{};  // names the key in a ticket
  std::array<unsigned char, 32> cipher{};
  std::array<unsigned char, 32> mac{};

  TicketKey() = default;
  TicketKey(const TicketKey&) = default;
  TicketKey& operator=(const TicketKey&) = default;
  ~TicketKey();  // overwrites the key
};

struct TicketKeyPair {
  std::optional<TicketKey> current;
  std::optional<TicketKey> previous;
  base::MonotonicTime made{};  // of the current key
};

}  // namespace tusk::tls
