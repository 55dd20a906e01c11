// LostClients: the clients that have caused as many lost workers as one client may.
//
// Owner: the WorkerPools, one for all pools. Threads: add(), renew() the watchdog; refused_for()
// any. Every request asks refused_for(), which costs one relaxed load while no client is refused.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/client_key.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "exec/job.h"

namespace tusk::exec {

// A lost worker is a thread that comes back late or never. One client that repeats requests which
// cannot be ended, or which crash, could therefore leave no worker for others. A client that has
// caused `per_client` lost workers runs no script for a time: its requests are answered 503. A lost
// worker counts while it runs, and for `remember_for` after it has come back or crashed.
//
// A client whose address is known to stand for many clients is not counted
// (http::RequestOrigin::Sharing).
class LostClients {
 public:
  struct Settings {
    std::size_t per_client = 0;  // lost workers; 0: no limit
    base::Duration remember_for = std::chrono::minutes(10);
  };

  explicit LostClients(Settings settings) : settings_(settings) {}
  LostClients(const LostClients&) = delete;
  LostClients& operator=(const LostClients&) = delete;

  using Loss = std::uint64_t;
  static constexpr Loss kNoLoss = 0;

  // The request has lost a worker. Returns the key for renew(), which is called while it still
  // runs.
  Loss add(const Job& job, base::MonotonicTime now);
  void renew(Loss loss, base::MonotonicTime now);

  // Zero: the request's script may run. Otherwise its client may come back after that time.
  base::Duration refused_for(const Job& job, base::MonotonicTime now) const {
    if (now >= refusing_until_.load(std::memory_order_relaxed)) return base::Duration::zero();
    return look_up(job, now);
  }

 private:
  // How many losses are remembered; beyond that the oldest is forgotten.
  static constexpr std::size_t kMostLosses = 4096;

  struct Record {
    Loss loss;
    base::ClientKey client;
    base::MonotonicTime last;  // when the worker was last known to run
  };
  using RefusedUntil =
      std::unordered_map<base::ClientKey, base::MonotonicTime, base::ClientKeyHash>;
  struct State {
    Loss last_loss = kNoLoss;
    std::vector<Record> records;
    RefusedUntil refused;  // each client, and until when it is refused
  };

  base::Duration look_up(const Job& job, base::MonotonicTime now) const;
  bool update_refusal(State& state, const base::ClientKey& client, base::MonotonicTime now);
  void expire(State& state, base::MonotonicTime now) const;

  const Settings settings_;
  mutable base::Guarded<State> state_;
  // The latest end of all refusals. A thread that reads an old value starts to refuse a moment
  // later.
  std::atomic<base::MonotonicTime> refusing_until_{base::MonotonicTime{}};
};

}  // namespace tusk::exec
