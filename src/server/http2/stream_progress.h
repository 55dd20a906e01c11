// StreamProgress: whether a client still takes enough of one response of an HTTP/2 connection.
//
// What holds a response up decides. The client keeps its stream's window shut: then of this stream
// it must take something in each write_timeout, and its least rate, which the streams of a
// connection share. It keeps the connection's window shut: then the same is asked of the
// connection. Neither: the response waits for others of the same client, which go first (RFC 9218
// §10), or for the socket, which has its own progress (write_progress.h); that is no fault of this
// stream, as long as it may take.
//
// While what responses are stored in is scarce (exec/response_store.h), those that are in it are
// judged after seconds.
//
// Only time that passes while the response waits counts, however it is cut into waits: a byte now
// and then does not begin the time anew.
//
// Owner: a Stream. Thread: its loop.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"
#include "http/h2/session.h"

namespace tusk::server::http2 {

class StreamProgress {
 public:
  // `min_rate`: bytes in a second; 0 is any but none.
  StreamProgress(base::Duration timeout, std::uint64_t min_rate)
      : timeout_(timeout), min_rate_(min_rate) {}

  // A wait begins and ends. `of_connection`: bytes of bodies that the client has taken so far.
  void begin_wait(base::MonotonicTime now, std::uint64_t of_connection) {
    begun_ = now;
    connection_at_ = of_connection;
  }
  void end_wait(base::MonotonicTime now, std::uint64_t of_connection) {
    waited_ += now - begun_;
    connection_taken_ += of_connection - connection_at_;
  }
  // This stream's bytes.
  void add_taken(std::uint64_t bytes) { taken_ += bytes; }

  // When to ask is_sufficient(), of the wait that has begun.
  base::MonotonicTime deadline(bool stored = false) const {
    base::Duration rest = timeout_ - waited_;
    if (stored) rest = std::min(rest, kStoredWait);
    return begun_ + std::max(rest, kLeastWait);
  }

  // False: the client is given up. True: another write_timeout begins, or it goes on.
  bool is_sufficient(http::h2::BlockedOn blocked_on, base::MonotonicTime now,
                     std::uint64_t of_connection, std::uint64_t streams, bool scarce = false) {
    end_wait(now, of_connection);
    if (waited_ < (scarce ? std::min(timeout_, kStoredWait) : timeout_)) {
      begin_wait(now, of_connection);
      return true;
    }
    const base::Duration judged = scarce ? std::min(timeout_, waited_) : timeout_;
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
