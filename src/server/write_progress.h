// WriteProgress: checks that a client reads a response fast enough while its socket is full.
//
// Owner: a connection, for one wait. Thread: its loop.
#pragma once

#include <algorithm>
#include <cstdint>

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "exec/store_rules.h"

namespace tusk::server {

// The kernel reports room only when the client has taken much, which a slow but steady client may
// need minutes for. So after each timeout without room the kernel is asked how much the client has
// taken meanwhile (SIOCOUTQ, tcp(7)). Nothing, or less than the minimum rate, ends the connection.
//
// While the store of responses is nearly full (exec/response_store.h), responses in it are checked
// every few seconds.
class WriteProgress {
 public:
  // `socket` is the connection's; nothing may be written to it during the wait. `min_rate`: bytes
  // in a second; 0: any rate, but not nothing.
  WriteProgress(int socket, base::Duration timeout, std::uint64_t min_rate)
      : socket_(socket), timeout_(timeout), min_rate_(min_rate) {
    if (timeout_ <= kFirstWait) ask_kernel();
  }

  // How long to wait for room. The first wait is short, and no call of the kernel precedes it: most
  // clients are not slow.
  base::Duration next_wait(exec::StoreUse use) const {
    if (!asked_) return kFirstWait;
    return use == exec::StoreUse::kNone ? timeout_ : std::min(timeout_, kStoredWait);
  }

  // Called after a wait of `waited` without room. False: the client is too slow.
  bool is_sufficient(base::Duration waited, exec::StoreUse use) {
    waited_ += waited;
    const bool nearly_full = use == exec::StoreUse::kNearlyFull;
    if (asked_ && !nearly_full && waited_ < timeout_) return true;
    const bool first = !asked_;
    const std::int64_t before = queued_;
    const base::Duration judged = nearly_full ? waited_ : timeout_;
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
    int bytes = 0;  // not acknowledged by the client; of a unix socket: not read
    queued_ = ::ioctl(socket_, SIOCOUTQ, &bytes) == 0 ? bytes : 0;
    asked_ = true;
  }

  int socket_;
  base::Duration timeout_;
  std::uint64_t min_rate_;
  bool asked_ = false;
  base::Duration waited_{};  // since the kernel was asked
  std::int64_t queued_ = 0;
};

}  // namespace tusk::server
