// ResponseStore: what all responses have stored until their clients take it, as a thing that is
// shared: how much of it one client's responses may hold, and which of them are closed when there
// is no room, or too many workers wait (the rules: store_rules.h).
//
// A response is known here from the moment that it goes to a file or a memfd, or that all together
// hold half of the memory that they may. Those below, which are nearly all, never come here, and so
// take no lock.
//
// Owner: the app. Threads: workers, through Reply; forget() the loop that has the exchange; the
// rest any. Under its lock nothing waits and nothing is written.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "base/client_key.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "exec/exchange.h"
#include "exec/response_spool.h"
#include "exec/store_rules.h"

namespace tusk::exec {

class RequestQueue;

class ResponseStore {
 public:
  struct Settings {
    SpoolLimits limits;
    std::uint64_t client_percent = 100;  // of the store, that one client's responses may hold
    std::size_t workers = 1;
  };

  // Without a queue nobody ever waits for a worker.
  ResponseStore(Settings settings, const RequestQueue* queue)
      : settings_(std::move(settings)), queue_(queue) {}
  ResponseStore(const ResponseStore&) = delete;
  ResponseStore& operator=(const ResponseStore&) = delete;

  // A worker that waits may have so much in memory that no limit has room for: a piece, and the end
  // of its response.
  static constexpr std::uint64_t kForcedBytes = std::uint64_t{512} * 1024;

  // --- worker ---
  // From now on it can be closed here. What its client may hold, until it is forgotten.
  SpoolQuota enter(Exchange& exchange, base::MonotonicTime now);
  // The limits of now: the disk may have become smaller.
  void renew(SpoolQuota& quota) const;

  // The worker begins to wait for the client of an exchange that has entered, and ends.
  void begin_wait(Exchange& exchange, base::MonotonicTime now);
  void end_wait(Exchange& exchange);
  // To be asked again and again meanwhile. May have closed the exchange, or another.
  void judge(Exchange& exchange, WaitReason reason, base::MonotonicTime now);

  // Something had to be kept for which there was no room. Where requests wait, or it has become
  // far too much, who is slowest pays for it, of the same client where that is who has too much.
  void make_room_for(Exchange& exchange, WaitReason reason, base::MonotonicTime now);

  // --- loop ---
  // Nothing here knows it any more.
  void forget(Exchange& exchange);

  // --- any ---
  // More than half of the store is used: clients are to take what they asked for.
  bool is_scarce() const;
  std::uint64_t disk_bytes() const;  // there can be: what is configured, or what the disk has
  std::size_t responses() const { return state_.lock()->responses.size(); }
  std::size_t clients() const { return state_.lock()->clients.size(); }

 private:
  static constexpr base::MonotonicTime kNever = base::MonotonicTime::max();

  struct Stored {
    std::shared_ptr<ClientUsage> client;  // null: of many clients, or an unknown one
    base::MonotonicTime since{};
    base::MonotonicTime waits_since = kNever;
    std::uint64_t taken_before = 0;  // the wait, or the last that the client has taken in it
    bool closed = false;
  };
  using Responses = std::unordered_map<Exchange*, Stored>;
  struct State {
    Responses responses;
    std::unordered_map<base::ClientKey, std::shared_ptr<ClientUsage>, base::ClientKeyHash> clients;
    std::size_t waiting = 0;
    base::MonotonicTime queued_since = kNever;  // as those that wait have seen it
    base::MonotonicTime room_since{};           // when a response was closed to make room
    std::size_t closing = 0;                    // those that still hold something
  };

  bool requests_wait() const;
  static std::shared_ptr<ClientUsage> usage_of(State& state, const Job& job,
                                               base::MonotonicTime now);
  static bool was_warned(const ClientUsage& client, base::MonotonicTime now);
  template <class May>
  static Responses::iterator slowest(State& state, base::MonotonicTime now, double least, May may);
  static void close(State& state, Responses::iterator stored, WaitReason reason,
                    base::MonotonicTime now);
  static void end_wait(State& state, Stored& stored);

  const Settings settings_;
  const RequestQueue* const queue_;
  mutable base::Guarded<State> state_;
};

}  // namespace tusk::exec
