// WriteProgress: whether a client that a response waits for still takes enough of it.
//
// The kernel says that there is room only when much has been taken, which a slow but steady client
// may need minutes for. So when time has passed without room, the kernel is asked how much the
// client has taken meanwhile (SIOCOUTQ, tcp(7)): nothing, or less than its least rate, ends it.
// While what responses are stored in is scarce (exec/response_store.h), those that are in it are
// asked after seconds.
//
// Owner: a connection, for one wait. Thread: its loop.
#pragma once

#include <algorithm>
#include <cstdint>

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/clock.h"

namespace tusk::server {

class WriteProgress {
 public:
  // `socket` carries the connection; nothing is written to it meanwhile.
  WriteProgress(int socket, base::Duration timeout, std::uint64_t min_rate)
      : socket_(socket), timeout_(timeout), min_rate_(min_rate) {
    if (timeout_ <= kFirstWait) ask_kernel();
  }

  // How long to wait for room. A short first wait, so that clients which are not slow cost no
  // question to the kernel.
  base::Duration next_wait(bool stored) const {
    if (!asked_) return kFirstWait;
    return stored ? std::min(timeout_, kStoredWait) : timeout_;
  }

  // `waited` was in vain. False: the client is given up. `stored`, as next_wait() was told, and
  // `scarce`: what it is stored in.
  bool is_sufficient(base::Duration waited, bool stored, bool scarce) {
    waited_ += waited;
    if (asked_ && stored && !scarce && waited_ < timeout_) return true;
    const bool first = !asked_;
    const std::int64_t before = queued_;
    const base::Duration judged = scarce ? waited_ : timeout_;
    ask_kernel();
    waited_ = base::Duration::zero();
    if (first) return true;
    const auto least = static_cast<std::int64_t>(
        min_rate_ * static_cast<std::uint64_t>(judged / std::chrono::milliseconds(1)) / 1000);
    return before - queued_ >= std::max<std::int64_t>(least, 1);
  }

  static constexpr base::Duration kStoredWait = std::chrono::seconds(8);

 private:
  static constexpr base::Duration kFirstWait = std::chrono::seconds(1);

  void ask_kernel() {
    int bytes = 0;  // that the client has not acknowledged; of a unix socket: not read
    queued_ = ::ioctl(socket_, SIOCOUTQ, &bytes) == 0 ? bytes : 0;
    asked_ = true;
  }

  int socket_;
  base::Duration timeout_;
  std::uint64_t min_rate_;
  bool asked_ = false;
  base::Duration waited_{};  // since it was asked
  std::int64_t queued_ = 0;
};

}  // namespace tusk::server
