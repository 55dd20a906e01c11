// LookupTotals: how often OPcache has found a script, and how often not, since the start.
//
// Owner: OpcacheRestart. Thread: begin_restart() and end_restart() the worker that is alone at the
// gate; read() main.
#pragma once

#include <atomic>
#include <cstdint>

namespace tusk::php::opcache {

// OPcache sets its own counts to zero at each restart. So they are added up around a restart, and
// main reads the sums meanwhile without a lock: it keeps what it has read before.
template <class Lookups>
class LookupTotals {
 public:
  // Around a restart of OPcache: `now` is what OPcache says.
  void begin_restart(const Lookups& now) noexcept {
    restarts_.fetch_add(1, std::memory_order_acq_rel);  // odd: under way
    before_ = now;
  }
  void end_restart(const Lookups& now) noexcept {
    if (now.hits < before_.hits || now.misses < before_.misses) {  // it has restarted
      hits_.fetch_add(before_.hits, std::memory_order_acq_rel);
      misses_.fetch_add(before_.misses, std::memory_order_acq_rel);
    }
    restarts_.fetch_add(1, std::memory_order_acq_rel);
  }

  // Since the start. `look` returns what OPcache says.
  template <class Look>
  Lookups read(Look look) noexcept {
    const std::uint64_t restarts = restarts_.load(std::memory_order_acquire);
    const Lookups now = look();
    const Lookups sum{.hits = hits_.load(std::memory_order_acquire) + now.hits,
                      .misses = misses_.load(std::memory_order_acquire) + now.misses};
    // Adds nothing: it is read after everything else, which a plain load would not promise.
    const bool is_whole =
        restarts % 2 == 0 && restarts_.fetch_add(0, std::memory_order_acq_rel) == restarts;
    if (is_whole) last_ = sum;
    return last_;
  }

 private:
  std::atomic<std::uint64_t> restarts_{0};
  // The counts up to the last restart.
  std::atomic<std::uint64_t> hits_{0};
  std::atomic<std::uint64_t> misses_{0};
  Lookups before_{};  // used by the worker
  Lookups last_{};    // used by main
};

}  // namespace tusk::php::opcache
