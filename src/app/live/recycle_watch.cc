#include "app/live/recycle_watch.h"

#include <chrono>
#include <utility>

namespace tusk::app::live {

namespace {

// A process reaches its greatest age up to this part of it earlier.
constexpr double kAgeRange = 0.1;

std::uint64_t seconds(base::Duration duration) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(duration).count());
}

}  // namespace

RecycleWatch::RecycleWatch(const plan::RecycleLimits& limits, base::MonotonicTime started,
                           double jitter, Memory memory)
    : limits_(limits), started_(started), jitter_(jitter), memory_(std::move(memory)) {}

std::optional<RecycleWatch::Request> RecycleWatch::look(base::MonotonicTime now,
                                                        const Counts& counts) {
  if (asked_ && now - *asked_ < kAskAgain) return std::nullopt;
  const std::optional<Request> request = reason(now, counts);
  if (request) asked_ = now;
  return request;
}

std::optional<RecycleWatch::Request> RecycleWatch::reason(base::MonotonicTime now,
                                                          const Counts& counts) {
  using Reason = observe::ProcessRecycling;
  if (counts.changed_code != 0) return Request{Reason::kPreloaded, counts.changed_code, 1};
  if (limits_.lost_workers != 0 && counts.lost_workers >= limits_.lost_workers)
    return Request{Reason::kLostWorkers, counts.lost_workers, limits_.lost_workers};
  if (limits_.opcache_restarts != 0 && counts.opcache_restarts >= limits_.opcache_restarts)
    return Request{Reason::kRestarts, counts.opcache_restarts, limits_.opcache_restarts};
  const base::Duration age = now - started_;
  const double greatest = static_cast<double>(limits_.age.count()) * (1.0 - kAgeRange * jitter_);
  if (limits_.age.count() != 0 && static_cast<double>(age.count()) >= greatest)
    return Request{Reason::kAge, seconds(age), seconds(limits_.age)};
  return memory_reason(now);
}

std::optional<RecycleWatch::Request> RecycleWatch::memory_reason(base::MonotonicTime now) {
  if (limits_.memory_bytes == 0) return std::nullopt;
  const MemoryLook memory = look_at_memory(now);
  if (memory.amount == Amount::kNotKnownYet) return std::nullopt;
  looks_over_ = memory.amount == Amount::kOver ? looks_over_ + 1 : 0;
  if (looks_over_ < kLooks) return std::nullopt;
  return Request{observe::ProcessRecycling::kMemory, memory.bytes, limits_.memory_bytes};
}

// The kernel need not look at each page if the other numbers decide.
RecycleWatch::MemoryLook RecycleWatch::look_at_memory(base::MonotonicTime now) {
  const ResidentMemory resident = memory_.resident();
  if (resident.all_bytes <= limits_.memory_bytes) return {};
  if (resident.own_bytes > limits_.memory_bytes) return {Amount::kOver, resident.own_bytes};
  if (now < next_measurement_) return {};
  const std::optional<ProportionalMemory> measured = memory_.proportional();
  if (!measured) return {Amount::kNotKnownYet};
  if (measured->bytes > limits_.memory_bytes) return {Amount::kOver, measured->bytes};
  next_measurement_ = now + measured->took * kMeasuringShare;
  return {};
}

}  // namespace tusk::app::live
