// ResponseStore: what all responses have stored until their clients take it. It limits how much the
// responses of one client may hold, and chooses which responses are closed when there is no room or
// too many workers wait (store_rules.h has the rules).
//
// The names around it, from one response to all of them:
//
//   Piece          a part of a response's body, in memory or in a SpoolFile
//   ResponseSpool  puts the pieces of one response into its SpoolFile
//   UnsentShare    the bytes that one piece or one file is counted with, until it is destroyed
//   ClientUsage    the sum of the shares of one client's responses
//   UnsentUsage    the sum of the shares of all responses
//   SpoolLimits    the most that all responses may hold; SpoolQuota: the most for one response now
//   ResponseStore  the responses that hold much, and which of them is closed if there is no room
//
// response_spool.h declares all of these but the last.
//
// Owner: app::Serving. Threads: workers, through Reply; forget() the loop that has the exchange;
// the rest any. Under its lock nothing waits and nothing is written.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/client_key.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "exec/exchange.h"
#include "exec/response_spool.h"
#include "exec/store_rules.h"

namespace tusk::exec {

class RequestQueue;

// A response enters the store when it goes to a file or a memfd, or when all responses together
// hold half of their memory. Nearly all responses never enter it, and so take no lock.
class ResponseStore {
 public:
  struct Settings {
    SpoolLimits limits;
    // How much of the store the responses of one client may hold.
    std::uint64_t client_percent = 100;
    std::size_t workers = 1;  // of all pools
  };
  // A pool of workers. Job::pool is its index.
  struct Pool {
    const RequestQueue* queue = nullptr;  // null: no request ever waits for a worker
    std::size_t workers = 1;              // when it has grown as far as it may
  };

  // The pools share the store, but not their workers: which workers may wait is decided for each
  // pool by its own queue, and a response is closed to free a worker only if that worker belongs to
  // the pool whose requests wait.
  ResponseStore(Settings settings, std::vector<Pool> pools)
      : settings_(std::move(settings)), pools_(std::move(pools)) {
    state_.lock()->pools.resize(pools_.size());
  }
  // One pool, with all workers.
  ResponseStore(const Settings& settings, const RequestQueue* queue)
      : ResponseStore(settings, std::vector<Pool>{{.queue = queue, .workers = settings.workers}}) {}
  ResponseStore(const ResponseStore&) = delete;
  ResponseStore& operator=(const ResponseStore&) = delete;

  // How much a waiting worker may hold in memory beyond all limits: a piece, and the end of its
  // response.
  static constexpr std::uint64_t kForcedBytes = std::uint64_t{512} * 1024;

  // --- worker ---
  // The response may be closed from now on. Returns what its client may hold. Ended by forget().
  SpoolQuota enter(Exchange& exchange, base::MonotonicTime now);
  // Updates the limits: the disk may have less room by now.
  void renew(SpoolQuota& quota) const;

  // The worker of an exchange that has entered begins to wait for its client, and ends waiting.
  void begin_wait(Exchange& exchange, base::MonotonicTime now);
  void end_wait(Exchange& exchange);
  // Call it again and again while the worker waits. It may close this exchange or another one.
  void judge(Exchange& exchange, WaitReason reason, base::MonotonicTime now);

  // Data was kept although there was no room for it. If requests wait, or the excess is large, the
  // slowest response is closed: one of the same client if that client holds too much.
  void make_room_for(Exchange& exchange, WaitReason reason, base::MonotonicTime now);

  // --- loop ---
  // Removes the exchange from the store.
  void forget(Exchange& exchange);

  // --- any ---
  // More than half of the store is used: clients should take what they asked for.
  bool is_nearly_full() const;
  std::uint64_t disk_bytes() const;  // the limit: as configured, or what the disk has room for
  std::size_t responses() const { return state_.lock()->responses.size(); }
  std::size_t clients() const { return state_.lock()->clients.size(); }

 private:
  static constexpr base::MonotonicTime kNever = base::MonotonicTime::max();

  struct Stored {
    std::shared_ptr<ClientUsage> client;  // null: an address of many clients, or unknown
    base::MonotonicTime since{};
    base::MonotonicTime waits_since = kNever;
    // Before the wait, or when the client last took something during it.
    std::uint64_t taken_before = 0;
    bool closed = false;
    std::size_t pool = 0;
  };
  using Responses = std::unordered_map<Exchange*, Stored>;
  struct PoolState {
    std::size_t waiting = 0;                    // workers that wait for clients
    base::MonotonicTime queued_since = kNever;  // as seen by the waiting workers
  };
  struct State {
    std::vector<PoolState> pools;
    Responses responses;
    std::unordered_map<base::ClientKey, std::shared_ptr<ClientUsage>, base::ClientKeyHash> clients;
    base::MonotonicTime room_since{};  // when a response was last closed to make room
    std::size_t closing = 0;           // closed responses that still hold something
  };

  std::uint64_t files_of_client() const;
  bool requests_wait(const Pool& pool) const;
  bool any_requests_wait() const;
  static std::shared_ptr<ClientUsage> usage_of(State& state, const Job& job,
                                               base::MonotonicTime now);
  static bool was_warned(const ClientUsage& client, base::MonotonicTime now);
  template <class May>
  static Responses::iterator slowest(State& state, base::MonotonicTime now, double least, May may);
  static void close(State& state, Responses::iterator stored, WaitReason reason,
                    base::MonotonicTime now);
  static void end_wait(State& state, Stored& stored);

  const Settings settings_;
  const std::vector<Pool> pools_;
  mutable base::Guarded<State> state_;
};

// `store`: the one that holds the response, or null.
inline StoreUse store_use(const ResponseStore* store) {
  if (store == nullptr) return StoreUse::kNone;
  return store->is_nearly_full() ? StoreUse::kNearlyFull : StoreUse::kWithRoom;
}

}  // namespace tusk::exec
