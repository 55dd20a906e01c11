// RemoteWorker: what it takes from the records of a response, and what it tells of the client.
#include <algorithm>
#include <string>
#include <utility>

#include <sys/stat.h>

#include "base/high_descriptor.h"
#include "exec/observation/request_event.h"
#include "exec/process/host_protocol.h"
#include "exec/process/remote_worker.h"
#include "exec/response_store.h"

namespace tusk::exec::process {

namespace {

// More than any head that PHP's limits let through, and than a worker may make the server keep.
constexpr std::size_t kMostHeadBytes = std::size_t{1} << 20;
constexpr std::size_t kMostErrorBytes = 4096;
// Smaller tails are not counted: most are small.
constexpr std::size_t kCountedBytes = std::size_t{16} * 1024;

SpoolQuota quota_of(const ReplyLimits& limits) {
  SpoolQuota quota;
  quota.usage = limits.spool.usage;
  quota.memory_bytes = limits.spool.memory_bytes;
  quota.disk_bytes = limits.spool.disk_bytes;
  return quota;
}

}  // namespace

bool RemoteWorker::take(std::size_t i, const Record& record, Found& found,
                        base::MonotonicTime now) {
  Slot& slot = slots_[i];
  switch (record.kind) {
    case RecordKind::kInterim:
      return take_interim(slot, record, found);
    case RecordKind::kHead:
    case RecordKind::kWholeHead:
      return take_head(slot, record, found);
    case RecordKind::kPiece: {
      Piece piece;
      if (!may_hold(slot, record.size())) return false;
      record.append_to(piece.bytes);
      reserve(slot, piece.share, piece.bytes.capacity(), false, now);
      return take_piece(slot, std::move(piece), found, now);
    }
    case RecordKind::kNewFile:
      return take_file(i, now);
    case RecordKind::kFilePiece:
      return take_file_piece(slot, record, found, now);
    case RecordKind::kTail:
      return take_tail(slot, record);
    case RecordKind::kFatalError: {
      if (record.size() > kMostErrorBytes || std::exchange(slot.has_error, true)) return false;
      const std::string message = record.text();
      shown_.note_fatal_error(message);
      slot.exchange->failure_noted = true;
      observation::note_request_event(slot.exchange->job,
                                      {.kind = observe::EventKind::kFatalError,
                                       .status = 0,
                                       .duration_ns = (now - slot.exchange->started).count(),
                                       .message = message});
      return true;
    }
    case RecordKind::kEnd:
      return take_end(slot, record, found);
  }
  return false;
}

bool RemoteWorker::take_interim(Slot& slot, const Record& record, Found& found) {
  http::ResponseHead head;
  if (slot.has_head || record.size() > kMostHeadBytes || !decode(record.text(), head)) return false;
  if (head.status >= 200 || head.status == 101) return false;
  slot.exchange->streamed = true;
  {
    auto shared = slot.exchange->stream.lock();
    std::size_t bytes = head.text.size();
    for (const http::ResponseHead& waiting : shared->interim) bytes += waiting.text.size();
    if (shared->interim.size() >= Reply::kMaxInterim || bytes > Reply::kMaxInterimBytes)
      return true;
    shared->interim.push_back(std::move(head));
  }
  found.bits |= Exchange::kInterim;
  return true;
}

bool RemoteWorker::take_head(Slot& slot, const Record& record, Found& found) {
  if (slot.has_head || record.size() > kMostHeadBytes) return false;
  text_.clear();
  record.append_to(text_);
  if (!decode(text_, slot.exchange->head) || slot.exchange->head.status < 200) return false;
  slot.has_head = true;
  slot.is_event_stream = slot.exchange->head.find("content-type").starts_with("text/event-stream");
  if (record.kind == RecordKind::kWholeHead) return true;
  slot.head_published = true;
  found.bits |= Exchange::kHeadReady;
  return true;
}

// The worker keeps the limits of its response. It is broken if it does not, or its response could
// take all memory of the server while the client reads nothing.
bool RemoteWorker::may_hold(const Slot& slot, std::uint64_t bytes) const {
  const std::uint64_t held = slot.exchange->unsent_bytes() + slot.exchange->tail.size();
  return bytes <= settings_.most_unsent() && held <= settings_.most_unsent() - bytes;
}

bool RemoteWorker::take_tail(Slot& slot, const Record& record) {
  Exchange& exchange = *slot.exchange;
  if (exchange.tail.size() + record.size() > settings_.most_tail()) return false;
  if (!may_hold(slot, record.size())) return false;
  record.append_to(exchange.tail);
  const std::size_t held = exchange.tail.capacity();
  if (exchange.tail.size() < kCountedBytes || held <= slot.counted_tail) return true;
  exchange.tail_share.force_memory(held - std::exchange(slot.counted_tail, held), quota(slot));
  return true;
}

bool RemoteWorker::take_piece(Slot& slot, Piece piece, Found& found, base::MonotonicTime /*now*/) {
  const std::uint64_t size = piece.size();
  if (size == 0) return true;
  slot.exchange->streamed = true;
  slot.exchange->add_unsent(size);
  {
    auto shared = slot.exchange->stream.lock();
    if (shared->pieces.empty() || !shared->pieces.back().join(piece, quota(slot)))
      shared->pieces.push_back(std::move(piece));
  }
  if (slot.head_published) found.bits |= Exchange::kHeadReady;
  return true;
}

// The worker has made it whatever others have: another response is closed if there are too many.
void RemoteWorker::count_file(Slot& slot, base::MonotonicTime now) {
  ResponseStore* const store = settings_.reply.store;
  if (store == nullptr) return;
  enter_store(slot, now);
  const SpoolQuota& quota = this->quota(slot);
  slot.file->counted.force_file(quota);
  const bool of_client = quota.client != nullptr && quota.client->files.load() > quota.client_files;
  if (!of_client && quota.usage->files.load() <= quota.files) return;
  store->make_room_for(*slot.exchange,
                       of_client ? WaitReason::kClientShare : WaitReason::kStoreFull, now);
}

bool RemoteWorker::take_file(std::size_t i, base::MonotonicTime now) {
  Slot& slot = slots_[i];
  base::UniqueFd fd = base::above_low_numbers(receive_descriptor(sockets_[i].get(), slot.order));
  struct stat facts{};
  // Nothing but a regular file: reading from another one might block the loop.
  if (!fd || ::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return false;
  slot.file = std::make_shared<SpoolFile>();
  slot.file->fd = std::move(fd);
  slot.file->on_disk = !is_memory_file(facts);
  slot.file_end = 0;
  count_file(slot, now);
  return true;
}

bool RemoteWorker::take_file_piece(Slot& slot, const Record& record, Found& found,
                                   base::MonotonicTime now) {
  FilePiece range;
  struct stat facts{};
  if (slot.file == nullptr || !record.read(range)) return false;
  if (::fstat(slot.file->fd.get(), &facts) != 0) return false;
  const auto size = static_cast<std::uint64_t>(facts.st_size);
  if (range.offset > size || range.length > size - range.offset) return false;
  // A file is only appended to: nothing in it is sent twice.
  if (range.offset < slot.file_end || !may_hold(slot, range.length)) return false;
  slot.file_end = range.offset + range.length;
  reserve(slot, slot.file->share, range.length, slot.file->on_disk, now);
  Piece piece;
  piece.file = slot.file;
  piece.file_offset = range.offset;
  piece.file_length = range.length;
  return take_piece(slot, std::move(piece), found, now);
}

bool RemoteWorker::take_end(Slot& slot, const Record& record, Found& found) {
  EndRecord end;
  if (!record.read(end)) return false;
  Exchange& exchange = *slot.exchange;
  if (!slot.has_head && end.error_status == 0) return false;
  if (end.error_status != 0 && (end.error_status < 400 || end.error_status > 599)) return false;
  slot.ended = true;
  exchange.error_status = slot.head_published ? 0 : end.error_status;
  exchange.truncated = end.truncated;
  exchange.fatal_error = end.fatal_error;
  exchange.abandoned_library = end.abandoned_library;
  exchange.spilled = end.spilled;
  exchange.memory_peak_bytes = end.memory_peak_bytes;
  exchange.compression = {.any = end.compressed != 0,
                          .coding = static_cast<observe::Coding>(end.coding),
                          .from_bytes = end.compressed_from_bytes,
                          .to_bytes = end.compressed_to_bytes};
  if (end.ended_ns != 0) {
    exchange.cost.ended =
        std::max(exchange.started, base::MonotonicTime(base::Duration(end.ended_ns)));
  }
  if (end.measured_cpu) exchange.cost.cpu = base::Duration(end.cpu_ns);
  if (end.measured_memory) exchange.cost.memory_peak_bytes = end.cost_memory_bytes;
  found.bits |= Exchange::kHeadReady | Exchange::kFinished;
  return true;
}

// The limits of one response are kept by the worker. Those of all together are kept here: the
// slowest response is closed if they are passed.
SpoolQuota& RemoteWorker::quota(Slot& slot) const {
  if (!slot.quota) slot.quota = quota_of(settings_.reply);
  return *slot.quota;
}

void RemoteWorker::enter_store(Slot& slot, base::MonotonicTime now) {
  ResponseStore* const store = settings_.reply.store;
  if (store == nullptr || slot.in_store) return;
  quota(slot) = store->enter(*slot.exchange, now);
  slot.in_store = true;
}

void RemoteWorker::reserve(Slot& slot, UnsentShare& share, std::uint64_t bytes, bool on_disk,
                           base::MonotonicTime now) {
  ResponseStore* const store = settings_.reply.store;
  SpoolQuota& quota = this->quota(slot);
  const auto& usage = *quota.usage;
  const std::uint64_t held = (on_disk ? usage.disk_bytes : usage.memory_bytes).load();
  const std::uint64_t limit = on_disk ? quota.disk_bytes : quota.memory_bytes;
  if (on_disk || held + bytes > limit / 2) enter_store(slot, now);
  const Reservation reserved =
      on_disk ? share.grow_disk(bytes, quota) : share.grow_memory(bytes, quota);
  if (reserved == Reservation::kGranted) return;
  if (!on_disk) share.force_memory(bytes, quota);
  if (!slot.in_store) return;
  store->make_room_for(
      *slot.exchange,
      reserved == Reservation::kClientShare ? WaitReason::kClientShare : WaitReason::kStoreFull,
      now);
}

// --- the client ---

// Before the progress: a worker that waits for room looks at these words when it wakes.
void RemoteWorker::tell_of_store() {
  const UnsentUsage* const usage = settings_.reply.spool.usage;
  if (usage == nullptr) return;
  const auto tell = [](std::atomic<std::uint64_t>& word, std::uint64_t bytes) {
    if (word.load(std::memory_order_relaxed) != bytes) word.store(bytes, std::memory_order_relaxed);
  };
  RegionControl& control = region_.control();
  tell(control.stored_memory_bytes, usage->memory_bytes.load(std::memory_order_relaxed));
  tell(control.stored_disk_bytes, usage->disk_bytes.load(std::memory_order_relaxed));
}

void RemoteWorker::forward_progress() {
  tell_of_store();
  for (std::size_t i = 0, left = requests_; left != 0; ++i) {
    if (slots_[i].exchange == nullptr) continue;
    --left;
    forward(i);
  }
}

void RemoteWorker::forward(std::size_t i) {
  Slot& slot = slots_[i];
  SlotControl& control = region_.slot(i);
  const Exchange& exchange = *slot.exchange;
  const std::uint64_t taken = exchange.taken_bytes();
  const std::uint64_t limit = exchange.unsent_limit();
  const bool cancels =
      exchange.cancelled() && control.cancelled.load(std::memory_order_relaxed) == 0;
  if (taken == slot.taken && limit == slot.unsent_limit && !cancels) return;
  slot.taken = taken;
  slot.unsent_limit = limit;
  control.taken.store(taken, std::memory_order_relaxed);
  control.unsent_limit.store(limit, std::memory_order_relaxed);
  if (cancels) control.cancelled.store(1, std::memory_order_relaxed);
  control.progress.fetch_add(1, std::memory_order_seq_cst);
  if (control.waits.load(std::memory_order_seq_cst) != 0) wake_on(control.progress);
}

// A script that waits for its client: that time is not the script's. The worker's word alone would
// switch off every time limit: it must have sent something that the client has not taken.
void RemoteWorker::follow_waiting(std::size_t i, base::MonotonicTime now) {
  Slot& slot = slots_[i];
  const bool waits = region_.slot(i).waits_for_client.load(std::memory_order_relaxed) != 0 &&
                     slot.exchange->unsent_bytes() != 0;
  ResponseStore* const store = settings_.reply.store;
  if (waits != slot.waits) {
    slot.waits = waits;
    if (waits) {
      slot.exchange->begin_wait();
      enter_store(slot, now);  // however little it holds: others may need its worker
    } else {
      slot.exchange->end_wait();
    }
  }
  if (waits && slot.waits_in_store) {
    store->judge(*slot.exchange, WaitReason::kResponseLimit, now);
  } else if (waits && slot.in_store) {
    store->begin_wait(*slot.exchange, now);
    slot.waits_in_store = true;
  } else if (slot.waits_in_store) {
    store->end_wait(*slot.exchange);
    slot.waits_in_store = false;
  }
}

RemoteWorker::Found RemoteWorker::look_at(std::size_t i, base::MonotonicTime now) {
  Slot& slot = slots_[i];
  SlotControl& control = region_.slot(i);
  Found found{.exchange = slot.exchange};
  // Before the records: all of them are there when it is done.
  const SlotState state = control.state.load(std::memory_order_seq_cst);
  if (counts_as_waiting(i, state)) {
    found.broken = state != SlotState::kReady;
    return found;
  }
  note_begun(i, now);
  Record record;
  for (bool more = true; more && !found.broken;) {
    switch (readers_[i].next(record)) {
      case ResponseReader::Next::kNone:
        more = false;
        break;
      case ResponseReader::Next::kRecord:
        found.broken = slot.ended || !take(i, record, found, now);
        break;
      case ResponseReader::Next::kBroken:
        found.broken = true;
        break;
    }
  }
  if (!found.broken && readers_[i].give_back()) wake_on(control.progress);
  follow_waiting(i, now);
  if (found.broken || (!slot.ended && state != SlotState::kRunning)) {
    if (may_be_harmed(i) && may_be_repeated(i)) return return_begun(i);
    Found failed = fail(i, 502, found);
    failed.broken = failed.lost = true;
    return failed;
  }
  if (state == SlotState::kRunning) return found;
  found.broken = state != SlotState::kDone;  // the response was complete before
  found.bits |= Exchange::kHeadReady | Exchange::kFinished | Exchange::kReleased;
  found.ended = true;
  return found;
}

// The request may have ended, unseen by the server, before the one behind it spoilt its response.
// Nothing of the response was taken.
bool RemoteWorker::may_be_harmed(std::size_t i) const {
  const Slot& slot = slots_[i];
  const Exchange& exchange = *slot.exchange;
  if (slot.has_head || slot.has_error || slot.ended || slot.file != nullptr) return false;
  if (exchange.streamed || !exchange.tail.empty()) return false;
  return std::ranges::any_of(slots_, [&](const Slot& other) {
    return other.exchange != nullptr && other.order > slot.order;
  });
}

// The request waits again, for another worker: take_back_waiting() returns it.
RemoteWorker::Found RemoteWorker::return_begun(std::size_t i) {
  Slot& slot = slots_[i];
  slot.returned = true;
  ++slot.exchange->times_returned;
  slot.begun = false;
  --begun_;
  ++waiting_;
  has_suspect_ = true;
  return {.exchange = slot.exchange, .broken = true};
}

// The response, as far as it was read, ends here.
RemoteWorker::Found RemoteWorker::fail(std::size_t i, int status, Found found) {
  Slot& slot = slots_[i];
  Exchange& exchange = *slot.exchange;
  note_begun(i, base::now());
  has_suspect_ = true;
  // Once the end was read, the loop may have the tail, and there is nothing left to say.
  if (!slot.ended) {
    exchange.tail.clear();
    if (slot.head_published) {
      exchange.truncated = true;
    } else {
      exchange.head.clear();
      exchange.error_status = status;
    }
    exchange.failure_noted = true;
  }
  found.exchange = &exchange;
  found.ended = true;
  found.bits |= Exchange::kHeadReady | Exchange::kFinished | Exchange::kReleased;
  return found;
}

}  // namespace tusk::exec::process
