// Admission: how many connections there may be, in all and of one client.
//
// Owner: the app, one for all loops. Thread: the loops; a lock, because it is held for a look into
// a table when a connection begins or ends, and never on a request's way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "base/client_key.h"
#include "base/guarded.h"

namespace tusk::clients {

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

  // A connection wants in. `client` none: only the limit of all holds. Admitted: leave() is due,
  // with the same client.
  Outcome enter(const std::optional<base::ClientKey>& client);
  void leave(const std::optional<base::ClientKey>& client);

  // A connection that is in has turned out to be another client's (a PROXY header). False: that
  // client has too many, and the connection counts for nobody.
  bool change(std::optional<base::ClientKey>& client, const std::optional<base::ClientKey>& to);

  std::size_t connections() const { return state_.lock()->total; }
  // Clients that have one or more; for tests.
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
