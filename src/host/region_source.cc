#include "host/region_source.h"

#include <algorithm>
#include <utility>

#include "exec/process/host_protocol.h"
#include "observe/log.h"

namespace tusk::host {

using exec::process::BodyPlace;
using exec::process::DecodedBody;
using exec::process::Order;
using exec::process::RegionControl;
using exec::process::SlotControl;
using exec::process::SlotState;

RegionSource::RegionSource(const Parts& parts)
    : parts_(parts),
      limits_(parts.limits),
      encoding_(parts.compression, metrics_),
      outlet_(parts.region, parts.doorbells, parts.sockets, unsent_usage_),
      lost_lines_told_(observe::lines_dropped()),
      cpu_([&control = parts.region.control()](base::Duration time) {
        control.cpu_times.add(observe::bounds_of(observe::Metric::kPhpCpu),
                              static_cast<std::uint64_t>(std::max(time, base::Duration()).count()));
      }) {
  body_spool_.memory_bytes = exec::process::kInlineBody;
  body_spool_.usage = &body_usage_;
  limits_.spool.usage = &unsent_usage_;
  // The rest is for what other workers write before the server has told of it.
  limits_.spool.memory_bytes -= limits_.spool.memory_bytes / 4;
  limits_.spool.disk_bytes -= limits_.spool.disk_bytes / 4;
  limits_.store = nullptr;
}

// The time that PHP's start and the boot of a resident script have used belongs to no request.
void RegionSource::serves(bool ready) {
  cpu_.settle();
  cpu_.begin();
  if (ready) parts_.region.control().has_served.store(1, std::memory_order_relaxed);
  parts_.region.control().serves.store(ready ? 1 : 0, std::memory_order_seq_cst);
  parts_.doorbells.ring(0);
}

void RegionSource::show(const exec::PathCacheUse& use) {
  RegionControl& control = parts_.region.control();
  control.path_cache_bytes.store(use.bytes, std::memory_order_relaxed);
  control.path_cache_entries.store(use.entries, std::memory_order_relaxed);
  control.path_cache_max_bytes.store(use.max_bytes, std::memory_order_relaxed);
}

bool RegionSource::next() {
  while (const std::optional<std::size_t> slot = take()) {
    if (start(*slot)) return true;
    finish();
  }
  return false;
}

bool RegionSource::is_asked(Order order) const {
  return (parts_.region.control().orders.load(std::memory_order_seq_cst) &
          static_cast<std::uint32_t>(order)) != 0;
}

// True: it was asked, and the order is cleared.
bool RegionSource::obey(Order order) {
  if (!is_asked(order)) return false;
  parts_.region.control().orders.fetch_and(~static_cast<std::uint32_t>(order));
  return true;
}

bool RegionSource::has_orders() const {
  return parts_.region.control().orders.load(std::memory_order_seq_cst) != 0;
}

// A rewind puts the level back after each request, and this member with it.
void RegionSource::see_log_level() {
  const std::uint32_t level = parts_.region.control().log_level.load(std::memory_order_relaxed);
  if (level == log_level_) return;
  log_level_ = level;
  observe::set_level(static_cast<observe::Level>(level - 1));
}

// The server may take a request back at any time before the worker has made it kRunning.
std::optional<std::size_t> RegionSource::take() {
  RegionControl& control = parts_.region.control();
  for (;;) {
    const std::uint32_t seen = control.wake.load(std::memory_order_seq_cst);
    if (obey(Order::kReopenLogs)) observe::reopen_files();
    see_log_level();
    if (obey(Order::kRestart)) {
      end_ = End::kRestart;
      return std::nullopt;
    }
    if (const std::optional<std::size_t> slot = first_ready()) {
      SlotState ready = SlotState::kReady;
      if (parts_.region.slot(*slot).state.compare_exchange_strong(ready, SlotState::kRunning))
        return slot;
      continue;
    }
    if (is_asked(Order::kEnd)) {
      end_ = End::kAsked;
      return std::nullopt;
    }
    cpu_.settle();
    control.sleeping.store(1, std::memory_order_seq_cst);
    if (!first_ready() && !has_orders()) exec::process::wait_on(control.wake, seen);
    control.sleeping.store(0, std::memory_order_seq_cst);
  }
}

std::optional<std::size_t> RegionSource::first_ready() const {
  std::optional<std::size_t> first;
  std::uint64_t first_order = 0;
  for (std::size_t slot = 0; slot < exec::process::kSlots; ++slot) {
    const SlotControl& control = parts_.region.slot(slot);
    if (control.state.load(std::memory_order_seq_cst) != SlotState::kReady) continue;
    const std::uint64_t order = control.order.load(std::memory_order_relaxed);
    if (first && first_order <= order) continue;
    first = slot;
    first_order = order;
  }
  return first;
}

// False: the request is not run and must only be finished.
bool RegionSource::start(std::size_t slot) {
  SlotControl& control = parts_.region.slot(slot);
  const base::MonotonicTime now = base::now();
  control.started_ns.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  const bool readable = read_request(slot);
  exchange_.prepare();
  exchange_.channel = &outlet_;
  exchange_.set_far_cancelled(&control.cancelled);
  outlet_.begin(slot, exchange_);
  reply_.emplace(exchange_, limits_);
  if (!exchange_.start(parts_.worker, now) || exchange_.cancelled()) return false;
  if (!readable) {
    observe::error("a worker process cannot read its request", {{"worker", parts_.worker}});
    reply_->fail(500);
    return false;
  }
  reply_->encode_with(encoding_);
  if (parts_.is_rewound) cpu_.begin();
  return true;
}

bool RegionSource::read_request(std::size_t slot) {
  const std::span<char> request = parts_.region.request(slot);
  const std::uint32_t bytes =
      parts_.region.slot(slot).request_bytes.load(std::memory_order_relaxed);
  if (bytes > request.size()) return false;
  DecodedBody body;
  if (!exec::process::decode(request.first(bytes), exchange_.job, body)) return false;
  if (parts_.root != nullptr) parts_.root->translate(exchange_.job);
  return read_body(slot, body);
}

bool RegionSource::read_body(std::size_t slot, const DecodedBody& body) {
  if (body.place == BodyPlace::kNone) return true;
  if (body.place == BodyPlace::kInline)
    return exchange_.job.body.append({body.bytes.data(), body.bytes.size()}, body_spool_)
        .has_value();
  const std::uint64_t tag = parts_.region.slot(slot).order.load(std::memory_order_relaxed);
  base::UniqueFd file = exec::process::receive_descriptor(parts_.sockets[slot].get(), tag);
  if (!file) return false;
  exchange_.job.body.adopt(std::move(file), body.size);
  return true;
}

// Adds the difference, because a rewind takes the worker's own count back.
void RegionSource::tell_of_lost_lines() {
  const std::uint64_t lost = observe::lines_dropped();
  if (lost == lost_lines_told_) return;
  parts_.region.control().lost_log_lines.fetch_add(lost - lost_lines_told_,
                                                   std::memory_order_relaxed);
  lost_lines_told_ = lost;
}

void RegionSource::finish() {
  tell_of_lost_lines();
  // The figures come first: a client that has the response finds its request counted.
  parts_.board.show(parts_.engine.code_cache());
  reply_->complete();
  const base::MonotonicTime now = base::now();
  parts_.region.slot(outlet_.number())
      .ended_ns.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  count_cpu(now - exchange_.started - exchange_.waited());
  reply_->release();
  reply_.reset();
  // Its file is the request's.
  if (!exchange_.job.body.in_memory()) exchange_.job.body.clear();
  stack_.give_back();
}

// A rewind would forget a time that is not counted yet.
void RegionSource::count_cpu(base::Duration took) {
  cpu_.request_ended(took);
  if (parts_.is_rewound) cpu_.settle();
}

}  // namespace tusk::host
