// LostClients: which clients have caused as many lost workers as one client may.
//
// A lost worker is a thread that nobody gets back, or only when it is done, so one client that asks
// again and again for what nothing can end, or for what crashes, would leave no worker for others.
// A client that has caused `per_client` of them runs no script for a time: its requests are
// answered 503. A lost worker counts for as long as it runs, and for `memory` after it came back or
// crashed.
//
// Nobody counts whose address stands for many clients, as far as that can be known
// (http::RequestOrigin::Sharing).
//
// Owner: the WorkerPool. Threads: add(), renew() the watchdog; refused_for() any. It is on the way
// of every request, and costs one relaxed load while nobody is refused.
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

class LostClients {
 public:
  struct Settings {
    std::size_t per_client = 0;  // lost workers; 0: any number
    base::Duration remember_for = std::chrono::minutes(10);
  };

  explicit LostClients(Settings settings) : settings_(settings) {}
  LostClients(const LostClients&) = delete;
  LostClients& operator=(const LostClients&) = delete;

  using Loss = std::uint64_t;
  static constexpr Loss kNoLoss = 0;

  // A worker is lost by this request. Returns what to call renew() with while it still runs.
  Loss add(const Job& job, base::MonotonicTime now);
  void renew(Loss loss, base::MonotonicTime now);

  // Zero: the request's script may run. Otherwise its client may come back after that time.
  base::Duration refused_for(const Job& job, base::MonotonicTime now) const {
    if (now >= refusing_until_.load(std::memory_order_relaxed)) return base::Duration::zero();
    return look_up(job, now);
  }

 private:
  // That are remembered; beyond it the oldest is forgotten.
  static constexpr std::size_t kMostLosses = 4096;

  struct Record {
    Loss loss;
    base::ClientKey client;
    base::MonotonicTime last;  // when it was known to run
  };
  using RefusedUntil =
      std::unordered_map<base::ClientKey, base::MonotonicTime, base::ClientKeyHash>;
  struct State {
    Loss last_loss = kNoLoss;
    std::vector<Record> records;
    RefusedUntil refused;  // clients, and until when
  };

  base::Duration look_up(const Job& job, base::MonotonicTime now) const;
  bool update_refusal(State& state, const base::ClientKey& client, base::MonotonicTime now);
  void expire(State& state, base::MonotonicTime now) const;

  const Settings settings_;
  mutable base::Guarded<State> state_;
  // The last time of all that are refused. Whoever reads an old one refuses a moment later.
  std::atomic<base::MonotonicTime> refusing_until_{base::MonotonicTime{}};
};

}  // namespace tusk::exec
