#include "host/server_signals.h"

#include <atomic>
#include <cerrno>
#include <csignal>

#include <unistd.h>

namespace tusk::host {

namespace {

using exec::process::Order;
using exec::process::RegionControl;

std::atomic<exec::Executor*> watched_executor{nullptr};
std::atomic<const exec::Exchange*> watched_exchange{nullptr};
std::atomic<RegionControl*> region_control{nullptr};
std::atomic<int> when_lost{0};  // 0: the server decides

// What Executor::watch() does is async-signal-safe in a process with one thread: it compares, sets
// flags of PHP, and signals this thread, which ends the system call that the script waits in.
void on_time_signal(int) {
  const int saved_errno = errno;
  exec::Executor* const executor = watched_executor.load();
  const exec::Exchange* const exchange = watched_exchange.load();
  if (executor != nullptr && exchange != nullptr &&
      executor->watch(*exchange, base::now()) != exec::WatchResult::kFine) {
    if (const int status = when_lost.load(); status != 0) ::_exit(status);
  }
  errno = saved_errno;
}

// Writes the server's words: there is no server any more. A wait that begins afterwards ends at
// once, because its word has changed.
void on_end_signal(int) {
  RegionControl* const control = region_control.load();
  if (control == nullptr) return;
  control->orders.fetch_or(static_cast<std::uint32_t>(Order::kEnd));
  control->wake.fetch_add(1);
  for (exec::process::SlotControl& slot : control->slots) {
    slot.cancelled.store(1);
    slot.progress.fetch_add(1);
  }
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;  // without SA_RESTART: it ends what the thread waits for
  sigfillset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal);
  ::sigprocmask(SIG_UNBLOCK, &one, nullptr);
}

}  // namespace

int end_signal() { return SIGRTMIN + 3; }

void handle_time_signal(int status_when_lost) {
  when_lost.store(status_when_lost);
  handle(exec::process::time_signal(), on_time_signal);
}

void handle_server_signals(const exec::process::Region& region) {
  region_control.store(&region.control());
  when_lost.store(0);
  handle(exec::process::time_signal(), on_time_signal);
  handle(end_signal(), on_end_signal);
}

void ignore_server_signals() noexcept {
  watched_executor.store(nullptr);
  region_control.store(nullptr);
}

void watch_executor(exec::Executor* executor) noexcept { watched_executor.store(executor); }

void watch_exchange(const exec::Exchange* exchange) noexcept {
  watched_exchange.store(exchange, std::memory_order_relaxed);
}

}  // namespace tusk::host
