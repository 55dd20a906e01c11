// StreamProgress: checks that a client reads one response of an HTTP/2 connection fast enough.
//
// Owner: a Stream. Thread: its loop.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"
#include "exec/store_rules.h"
#include "http/h2/session.h"

namespace tusk::server::http2 {

// The reason why the response waits decides what is checked:
// - The stream's flow-control window is shut: in each write_timeout the client must take at least a
//   byte of this stream, and the minimum rate, which the streams of a connection share.
// - The connection's window is shut: the same holds for the whole connection.
// - Otherwise the response waits for other responses of the client, which go first (RFC 9218 §10),
//   or for the socket, which write_progress.h checks. Neither is the fault of this stream, so it
//   may wait as long as that takes.
//
// While the store of responses is nearly full (exec/response_store.h), responses in it are checked
// every few seconds.
//
// Only the time of waits counts, and several short waits count as one: a byte now and then does not
// restart the time.
class StreamProgress {
 public:
  // `min_rate`: bytes in a second; 0: any rate, but not nothing.
  StreamProgress(base::Duration timeout, std::uint64_t min_rate)
      : timeout_(timeout), min_rate_(min_rate) {}

  // `of_connection`: bytes of all bodies that the client has taken so far.
  void begin_wait(base::MonotonicTime now, std::uint64_t of_connection) {
    begun_ = now;
    connection_at_ = of_connection;
  }
  void end_wait(base::MonotonicTime now, std::uint64_t of_connection) {
    waited_ += now - begun_;
    connection_taken_ += of_connection - connection_at_;
  }
  // The client has taken `bytes` of this stream.
  void add_taken(std::uint64_t bytes) { taken_ += bytes; }

  // When to call is_sufficient() in the wait that has begun.
  base::MonotonicTime deadline(exec::StoreUse use = exec::StoreUse::kNone) const {
    base::Duration rest = timeout_ - waited_;
    if (use != exec::StoreUse::kNone) rest = std::min(rest, kStoredWait);
    return begun_ + std::max(rest, kLeastWait);
  }

  // False: end the response. True: the wait goes on, perhaps with another write_timeout.
  bool is_sufficient(http::h2::BlockedOn blocked_on, base::MonotonicTime now,
                     std::uint64_t of_connection, std::uint64_t streams,
                     exec::StoreUse use = exec::StoreUse::kNone) {
    end_wait(now, of_connection);
    const bool nearly_full = use == exec::StoreUse::kNearlyFull;
    if (waited_ < (nearly_full ? std::min(timeout_, kStoredWait) : timeout_)) {
      begin_wait(now, of_connection);
      return true;
    }
    const base::Duration judged = nearly_full ? std::min(timeout_, waited_) : timeout_;
    const auto judged_ms = static_cast<std::uint64_t>(judged / std::chrono::milliseconds(1));
    const std::uint64_t least = min_rate_ * judged_ms / 1000;
    bool enough = true;
    if (blocked_on == http::h2::BlockedOn::kStreamWindow) {
      enough = taken_ >= std::max<std::uint64_t>(least / std::max<std::uint64_t>(streams, 1), 1);
    } else if (blocked_on == http::h2::BlockedOn::kConnectionWindow) {
      enough = connection_taken_ >= std::max<std::uint64_t>(least, 1);
    }
    waited_ = base::Duration::zero();
    taken_ = connection_taken_ = 0;
    begin_wait(now, of_connection);
    return enough;
  }

 private:
  static constexpr base::Duration kStoredWait = std::chrono::seconds(8);
  static constexpr base::Duration kLeastWait = std::chrono::milliseconds(1);

  base::Duration timeout_;
  std::uint64_t min_rate_;
  base::MonotonicTime begun_{};
  base::Duration waited_{};
  std::uint64_t taken_ = 0;
  std::uint64_t connection_at_ = 0;
  std::uint64_t connection_taken_ = 0;
};

}  // namespace tusk::server::http2
