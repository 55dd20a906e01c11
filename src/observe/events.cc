#include "observe/events.h"

#include <array>
#include <atomic>
#include <chrono>
#include <iterator>

#include <unistd.h>

namespace tusk::observe {

namespace {

// Limits one kind of events. Threads may use it at the same time: a lost update lets an event more
// or less through.
class Budget {
 public:
  // Returns how many events this one stands for; 0: it is not to be noted.
  std::uint64_t take(std::uint64_t second) noexcept {
    if (second_.exchange(second, std::memory_order_relaxed) != second) {
      taken_.store(0, std::memory_order_relaxed);
    }
    if (taken_.fetch_add(1, std::memory_order_relaxed) < kNotedPerSecond) {
      return 1 + unnoted_.exchange(0, std::memory_order_relaxed);
    }
    unnoted_.fetch_add(1, std::memory_order_relaxed);
    return 0;
  }

 private:
  std::atomic<std::uint64_t> second_{0};
  std::atomic<std::uint64_t> taken_{0};
  std::atomic<std::uint64_t> unnoted_{0};
};

std::atomic<RecentEvents*> noted_in{nullptr};
std::array<Budget, std::size(kEventKinds)> budgets;

}  // namespace

EventNotes::EventNotes(RecentEvents& events) noexcept {
  noted_in.store(&events, std::memory_order_release);
}

EventNotes::~EventNotes() { noted_in.store(nullptr, std::memory_order_release); }

void note_event(Event event) noexcept {
  using std::chrono::duration_cast;
  RecentEvents* const events = noted_in.load(std::memory_order_acquire);
  if (events == nullptr) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto second = duration_cast<std::chrono::seconds>(now).count();
  const std::uint64_t stands_for =
      budgets[static_cast<std::size_t>(event.kind)].take(static_cast<std::uint64_t>(second));
  if (stands_for == 0) return;
  event.times += stands_for - 1;
  if (event.pid == 0) event.pid = ::getpid();
  events->add(event, duration_cast<std::chrono::milliseconds>(now).count());
}

}  // namespace tusk::observe
