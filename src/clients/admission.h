// Admission: limits the number of connections, in total and per client.
//
// Owner: app::Serving, one for all loops. Thread: the loops.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "base/client_key.h"
#include "base/guarded.h"

namespace tusk::clients {

// It takes a lock, but only for a table lookup when a connection begins or ends, never during a
// request.
class Admission {
 public:
  struct Limits {
    std::size_t connections = 0;
    std::size_t per_client = 0;
  };

  explicit Admission(Limits limits) : limits_(limits) {}
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  enum class Outcome : std::uint8_t { kAdmitted, kFull, kClientFull };

  // Registers a connection. Without a `client` only the total limit applies. After kAdmitted,
  // leave() must be called with the same client.
  Outcome enter(const std::optional<base::ClientKey>& client);
  void leave(const std::optional<base::ClientKey>& client);

  // Moves an admitted connection to another client, which a PROXY header has named. Returns false
  // if that client has too many; the connection then counts for no client.
  bool change(std::optional<base::ClientKey>& client, const std::optional<base::ClientKey>& to);

  std::size_t connections() const { return state_.lock()->total; }
  // Clients with at least one connection; for tests.
  std::size_t clients() const { return state_.lock()->by_client.size(); }

 private:
  struct State {
    std::size_t total = 0;
    std::unordered_map<base::ClientKey, std::uint32_t, base::ClientKeyHash> by_client;
  };

  bool add(State& state, const std::optional<base::ClientKey>& client) const;
  static void remove(State& state, const std::optional<base::ClientKey>& client);

  const Limits limits_;
  mutable base::Guarded<State> state_;
};

}  // namespace tusk::clients
