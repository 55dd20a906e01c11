#include "exec/process/remote_worker.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/high_descriptor.h"
#include "base/process/parent_process.h"
#include "exec/observation/request_event.h"
#include "exec/process/host_protocol.h"
#include "exec/process/job_encoding.h"
#include "exec/response_store.h"

namespace tusk::exec::process {

namespace {

// A body that is too large for the slot, as a file. Invalid: there is none left.
base::UniqueFd file_of(const http::BodyBuffer& body) {
  if (!body.in_memory()) return base::UniqueFd(::dup(body.fd()));
  base::UniqueFd file(static_cast<int>(::syscall(SYS_memfd_create, "tusk-body", MFD_CLOEXEC)));
  std::string_view left = body.memory();
  while (file && !left.empty()) {
    const ssize_t written = ::write(file.get(), left.data(), left.size());
    if (written <= 0) return {};
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  return file;
}

}  // namespace

base::Result<std::unique_ptr<RemoteWorker>> RemoteWorker::create(int index,
                                                                 const Settings& settings,
                                                                 observe::WorkerSlot& shown) {
  base::Result<Region> region = Region::create(settings.layout);
  if (!region) return std::unexpected(region.error());
  std::unique_ptr<RemoteWorker> worker(
      new RemoteWorker(index, settings, std::move(*region), shown));
  for (std::size_t i = 0; i < kSlots; ++i) {
    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
      return base::fail_errno("make the sockets of a worker process", errno);
    // Scripts of another pool may run in this process.
    worker->sockets_[i] = base::above_low_numbers(base::UniqueFd(pair[0]));
    worker->host_sockets_[i] = base::UniqueFd(pair[1]);
  }
  return worker;
}

RemoteWorker::RemoteWorker(int index, const Settings& settings, Region region,
                           observe::WorkerSlot& shown)
    : index_(index), settings_(settings), shown_(shown), region_(std::move(region)), readers_() {
  for (std::size_t i = 0; i < kSlots; ++i)
    readers_.emplace_back(region_.slot(i), region_.response(i));
}

// A host runs what a pool's scripts have it run, and could name a process of another pool. The
// server may be root: it would look into that one, and write into its memory.
void RemoteWorker::set_pid(pid_t pid, pid_t host) {
  pid_ = pid;
  directory_ = WorkerMemory::open_directory(pid);
  if (directory_ && base::process::parent_in(directory_.get()) != host) directory_ = {};
}

std::array<int, 1 + kSlots> RemoteWorker::host_ends() const {
  std::array<int, 1 + kSlots> ends{region_.fd()};
  for (std::size_t i = 0; i < kSlots; ++i) ends[i + 1] = host_sockets_[i].get();
  return ends;
}

void RemoteWorker::close_host_ends() {
  for (base::UniqueFd& socket : host_sockets_) socket = {};
}

RemoteWorker::Given RemoteWorker::give(Exchange& exchange, base::MonotonicTime now) {
  std::size_t i = 0;
  while (slots_[i].exchange != nullptr) ++i;
  SlotControl& control = region_.slot(i);
  const std::size_t bytes = encode(exchange.job, region_.request(i));
  if (bytes == 0) return Given::kCannotBe;
  const std::uint64_t order = ++orders_;
  if (body_place(exchange.job) == BodyPlace::kDescriptor) {
    const base::UniqueFd file = file_of(exchange.job.body);
    if (!file) return Given::kCannotBe;
    if (!send_descriptor(sockets_[i].get(), file.get(), order)) return give_up();
  }
  slots_[i] = {.exchange = &exchange, .order = order, .given = now, .file = {}, .quota = {}};
  readers_[i].begin();
  control.request_bytes.store(static_cast<std::uint32_t>(bytes), std::memory_order_relaxed);
  control.loop.store(exchange.loop, std::memory_order_relaxed);
  control.order.store(order, std::memory_order_relaxed);
  control.taken.store(0, std::memory_order_relaxed);
  control.unsent_limit.store(Exchange::kUnlimited, std::memory_order_relaxed);
  control.cancelled.store(0, std::memory_order_relaxed);
  control.started_ns.store(0, std::memory_order_relaxed);
  control.ended_ns.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  control.waits.store(0, std::memory_order_relaxed);
  control.waits_for_client.store(0, std::memory_order_relaxed);
  tell_of_store();
  if (requests_ == 0) {
    busy_since_ = now;
    // It begins before the server notices. If the server ends meanwhile, this was the request.
    show(i, now);
  }
  ++requests_;
  ++waiting_;
  control.state.store(SlotState::kReady, std::memory_order_seq_cst);
  owes_wake_ = true;
  // After the request: the worker looks for one before it looks whether it is to end.
  if (settings_.most_requests != 0 && begun_ + waiting_ >= settings_.most_requests && !ending_) {
    used_up_ = true;
    ask_to_end();
  }
  return Given::kYes;
}

// Its process has ended, which its host has not told yet, or it does not take what it is sent: then
// it ends, and another one takes its place.
RemoteWorker::Given RemoteWorker::give_up() {
  unreachable_ = true;
  this->order(Order::kEnd);
  return Given::kNotToThis;
}

void RemoteWorker::wake() {
  if (!std::exchange(owes_wake_, false)) return;
  RegionControl& common = region_.control();
  common.wake.fetch_add(1, std::memory_order_seq_cst);
  if (common.sleeping.load(std::memory_order_seq_cst) != 0) wake_on(common.wake);
}

// A worker runs one request after the other: those behind the first have not begun, and what it has
// written where it must not is not their doing.
bool RemoteWorker::may_be_at_fault(std::size_t i) const {
  return !has_suspect_ && std::ranges::none_of(slots_, [&](const Slot& slot) {
    return slot.exchange != nullptr && slot.order < slots_[i].order;
  });
}

// A safe method (RFC 9110, 9.2.1), and not often: this request may be the one that does the harm.
bool RemoteWorker::may_be_repeated(std::size_t i) const {
  const Exchange& exchange = *slots_[i].exchange;
  const std::string_view method = exchange.job.view(exchange.job.head.method);
  return exchange.times_returned < kMostReturns && (method == "GET" || method == "HEAD");
}

// Whether the worker has not begun the slot's request. In a state that no worker sets, it may have,
// if it is the first. A request that may be repeated then goes to another worker.
bool RemoteWorker::counts_as_waiting(std::size_t i, SlotState state) const {
  const Slot& slot = slots_[i];
  if (slot.returned) return true;
  if (slot.begun || state == SlotState::kRunning || state == SlotState::kDone) return false;
  return state == SlotState::kReady || !may_be_at_fault(i) || may_be_repeated(i);
}

Exchange* RemoteWorker::take_back_waiting() {
  for (;;) {
    std::size_t first = kSlots;
    SlotState state{};
    for (std::size_t i = 0; i < kSlots; ++i) {
      const Slot& slot = slots_[i];
      if (slot.exchange == nullptr) continue;
      const SlotState now = region_.slot(i).state.load(std::memory_order_seq_cst);
      if (!counts_as_waiting(i, now)) continue;
      if (first != kSlots && slot.order >= slots_[first].order) continue;
      first = i;
      state = now;
    }
    if (first == kSlots) return nullptr;
    if (state != SlotState::kReady) {
      if (may_be_at_fault(first)) ++slots_[first].exchange->times_returned;
      has_suspect_ = true;
    } else if (!region_.slot(first).state.compare_exchange_strong(state, SlotState::kFree)) {
      continue;
    }
    return empty(first);
  }
}

// A request that was taken back.
Exchange* RemoteWorker::empty(std::size_t i) {
  Exchange* const exchange = slots_[i].exchange;
  if (slots_[i].is_shown) shown_.take_back();
  slots_[i] = {};
  --requests_;
  --waiting_;
  return exchange;
}

RemoteWorker::TakeBack RemoteWorker::take_back(Exchange& exchange, base::MonotonicTime now) {
  for (std::size_t i = 0; i < kSlots; ++i) {
    if (slots_[i].exchange != &exchange) continue;
    SlotState ready = SlotState::kReady;
    if (slots_[i].begun ||
        !region_.slot(i).state.compare_exchange_strong(ready, SlotState::kFree)) {
      note_begun(i, now);
      return TakeBack::kBegun;
    }
    (void)empty(i);
    return TakeBack::kTaken;
  }
  return TakeBack::kNotHere;
}

bool RemoteWorker::has_news() const {
  if (region_.control().serves.load(std::memory_order_seq_cst) != seen_serves_) return true;
  for (std::size_t i = 0, left = requests_; left != 0; ++i) {
    if (slots_[i].exchange == nullptr) continue;
    --left;
    if (readers_[i].has_news()) return true;
    if (region_.slot(i).state.load(std::memory_order_seq_cst) == SlotState::kDone) return true;
  }
  return false;
}

// Those that have a request, in the order in which the worker runs them: so responses that are
// found together are published as they ended.
std::span<const std::size_t> RemoteWorker::slots_in_order(SlotNumbers& into) const {
  std::size_t count = 0;
  for (std::size_t i = 0; count != requests_; ++i) {
    if (slots_[i].exchange == nullptr) continue;
    std::size_t at = count++;
    for (; at != 0 && slots_[into[at - 1]].order > slots_[i].order; --at) into[at] = into[at - 1];
    into[at] = i;
  }
  return {into.data(), count};
}

// The time that the worker says is used only if it is possible.
void RemoteWorker::note_begun(std::size_t i, base::MonotonicTime now) {
  Slot& slot = slots_[i];
  if (std::exchange(slot.begun, true)) return;
  const base::MonotonicTime said(
      base::Duration(region_.slot(i).started_ns.load(std::memory_order_relaxed)));
  const base::MonotonicTime started = std::clamp(said, std::min(slot.given, now), now);
  // It cannot have been cancelled: who cancels takes it back first.
  (void)slot.exchange->start(index_, started);
  if (requests_ == waiting_) busy_since_ = started;
  --waiting_;
  ++begun_;
  dozing_since_ = {};
  if (slot.is_shown) {
    shown_.set_started(started.time_since_epoch().count());
  } else {
    show(i, started);
  }
}

void RemoteWorker::show(std::size_t i, base::MonotonicTime started) {
  slots_[i].is_shown = true;
  const Job& job = slots_[i].exchange->job;
  const http::RequestId id = job.id();
  shown_.set_state(observe::WorkerState::kIdle);
  show_pid();
  shown_.begin({.started_ns = started.time_since_epoch().count(),
                .id = id.view(),
                .method = job.view(job.head.method),
                .host = job.view(job.origin.host),
                .path = job.view(job.head.path),
                .client = job.view(job.origin.client_address),
                .script = job.view(job.script_filename)});
}

void RemoteWorker::free_slot(std::size_t i, base::MonotonicTime now) {
  Slot& slot = slots_[i];
  if (slot.waits_in_store) settings_.reply.store->end_wait(*slot.exchange);
  if (slot.waits) slot.exchange->end_wait();
  shown_.end(slot.exchange->memory_peak_bytes);
  slot = {};
  --requests_;
  ended_at_ = busy_since_ = now;
  if (requests_ != waiting_) (void)running(busy_since_);
  region_.slot(i).state.store(SlotState::kFree, std::memory_order_seq_cst);
}

base::MonotonicTime RemoteWorker::ended(const Exchange& exchange, base::MonotonicTime now) const {
  for (std::size_t i = 0; i < kSlots; ++i) {
    if (slots_[i].exchange != &exchange) continue;
    const base::MonotonicTime said(base::Duration(region_.slot(i).ended_ns.load()));
    return std::clamp(said, std::min(exchange.started, now), now);
  }
  return now;
}

// Sums of impossible values would be no figures of the other workers any more.
PathCacheUse RemoteWorker::path_cache() const {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
  const RegionControl& control = region_.control();
  PathCacheUse use{.bytes = control.path_cache_bytes.load(std::memory_order_relaxed),
                   .entries = control.path_cache_entries.load(std::memory_order_relaxed),
                   .max_bytes = control.path_cache_max_bytes.load(std::memory_order_relaxed)};
  if (use.bytes > kMost || use.entries > kMost || use.max_bytes > kMost) return {};
  return use;
}

// The worker may have written anything: an impossible number would spoil the sum of all workers.
std::uint64_t RemoteWorker::take_lost_lines() {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 32;
  const std::uint64_t lost = region_.control().lost_log_lines.load(std::memory_order_relaxed);
  const std::uint64_t seen = std::exchange(lost_lines_, lost);
  return lost > seen && lost - seen <= kMost ? lost - seen : 0;
}

bool RemoteWorker::has_overslept(base::MonotonicTime now) const {
  if (is_dozing()) return true;
  const base::MonotonicTime since = silent_since();
  return since != base::MonotonicTime{} && now - since >= kTimeToBegin;
}

base::MonotonicTime RemoteWorker::silent_since() const {
  if (is_dozing()) return dozing_since_;
  // Its resident script boots anew.
  if (!has_begun()) return {};
  base::MonotonicTime first{};
  for (const Slot& slot : slots_) {
    if (slot.exchange == nullptr) continue;
    if (slot.begun) return {};
    if (first == base::MonotonicTime{} || slot.given < first) first = slot.given;
  }
  return first == base::MonotonicTime{} ? first : std::max(first, ended_at_);
}

// Its word is set in its place: it sets it anew when it goes to sleep again.
void RemoteWorker::begin_dozing(base::MonotonicTime now) {
  if (is_dozing()) return;
  dozing_since_ = now;
  RegionControl& control = region_.control();
  control.sleeping.store(0, std::memory_order_seq_cst);
  control.wake.fetch_add(1, std::memory_order_seq_cst);
  wake_on(control.wake);
}

void RemoteWorker::look_whether_awake() {
  if (is_dozing() && region_.control().sleeping.load(std::memory_order_seq_cst) != 0)
    dozing_since_ = {};
}

bool RemoteWorker::runs_event_stream() const {
  return std::ranges::any_of(slots_, &Slot::is_event_stream);
}

void RemoteWorker::ask_to_end() {
  if (!std::exchange(ending_, true)) ending_since_ = base::now();
  order(Order::kEnd);
}

void RemoteWorker::ask_to_restart() {
  restart_ordered_ = true;
  order(Order::kRestart);
}

// The worker may have set the bit itself: it counts only if the restart was ordered here.
bool RemoteWorker::is_asked_to_restart() const {
  const std::uint32_t orders = region_.control().orders.load(std::memory_order_seq_cst);
  return restart_ordered_ && (orders & static_cast<std::uint32_t>(Order::kRestart)) != 0;
}

void RemoteWorker::ask_to_reopen_logs() { order(Order::kReopenLogs); }

void RemoteWorker::order(Order order) {
  region_.control().orders.fetch_or(static_cast<std::uint32_t>(order), std::memory_order_seq_cst);
  owes_wake_ = true;
  wake();
}

Exchange* RemoteWorker::running(base::MonotonicTime& since) const {
  Exchange* first = nullptr;
  std::uint64_t order = 0;
  for (const Slot& slot : slots_) {
    if (slot.exchange == nullptr || !slot.begun) continue;
    if (first != nullptr && slot.order > order) continue;
    first = slot.exchange;
    order = slot.order;
    since = slot.exchange->started;
  }
  return first;
}

}  // namespace tusk::exec::process
