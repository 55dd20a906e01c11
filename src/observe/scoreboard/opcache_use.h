// OpcacheUse: how full one server process's OPcache is, and the names of its figures.
//
// Thread: any; a value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace tusk::observe::inline scoreboard {

// The figures of opcache_get_status(). All are 0 while OPcache is off.
enum class OpcacheFigure : std::uint8_t {
  kMemoryUsed,
  kMemoryFree,
  kMemoryWasted,
  kStringsUsed,
  kStringsFree,
  kScripts,
  kKeys,
  kMaxKeys,
  kJitUsed,
  kJitFree,
};
inline constexpr std::size_t kOpcacheFigures = 10;

// Why OPcache has restarted: it was full, it had too many keys, or a script has called
// opcache_reset(). In the order of zend_accel_restart_reason.
enum class OpcacheRestartReason : std::uint8_t { kMemory, kKeys, kReset };
inline constexpr std::string_view kOpcacheRestartReasons[] = {"memory", "keys", "reset"};

// The labels of the figures that are bytes, in their order.
inline constexpr std::string_view kMemoryStates[] = {"used", "free", "wasted"};
inline constexpr std::string_view kBufferStates[] = {"used", "free"};

class OpcacheUse {
 public:
  using Values = std::array<std::uint64_t, kOpcacheFigures>;

  OpcacheUse() = default;
  explicit OpcacheUse(const Values& values) : values_(values) {}

  std::uint64_t operator[](OpcacheFigure figure) const {
    return values_[static_cast<std::size_t>(figure)];
  }
  std::uint64_t& operator[](OpcacheFigure figure) {
    return values_[static_cast<std::size_t>(figure)];
  }
  const Values& values() const { return values_; }

  // Takes each resource of `other` that is fuller there: the memory, the strings, the keys, the
  // JIT's buffer. The figures of a resource stay those of one process.
  void take_fullest(const OpcacheUse& other);

 private:
  Values values_{};
};

// All that a process knows of its OPcache. With worker processes each pool has another one.
struct OpcacheState {
  // Counted since the process began.
  std::array<std::uint64_t, std::size(kOpcacheRestartReasons)> restarts{};  // by reason
  std::uint64_t restarts_put_off = 0;  // because scripts ran too long
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  // Its state now.
  bool restart_pending = false;
  OpcacheUse use{};

  // Adds the counts of another OPcache, and takes the resources that are fuller there.
  void add(const OpcacheState& other);
};

}  // namespace tusk::observe::inline scoreboard
