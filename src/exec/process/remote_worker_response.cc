// RemoteWorker: what it takes from the records of a response.
#include <algorithm>
#include <string>
#include <utility>

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "exec/observation/request_event.h"
#include "exec/process/host_protocol.h"
#include "exec/process/remote_worker.h"
#include "exec/response_store.h"

namespace tusk::exec::process {

namespace {

// More than any head that PHP's limits let through, and than a worker may make the server keep.
constexpr std::size_t kMostHeadBytes = std::size_t{1} << 20;
constexpr std::size_t kMostErrorBytes = 4096;

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
      record.append_to(piece.bytes);
      reserve(slot, piece.share, piece.bytes.capacity(), false, now);
      return take_piece(slot, std::move(piece), found, now);
    }
    case RecordKind::kNewFile:
      return take_file(i, now);
    case RecordKind::kFilePiece:
      return take_file_piece(slot, record, found, now);
    case RecordKind::kTail:
      if (slot.exchange->tail.size() + record.size() > settings_.most_tail) return false;
      record.append_to(slot.exchange->tail);
      return true;
    case RecordKind::kFatalError: {
      if (record.size() > kMostErrorBytes) return false;
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

bool RemoteWorker::take_file(std::size_t i, base::MonotonicTime /*now*/) {
  Slot& slot = slots_[i];
  base::UniqueFd fd = receive_descriptor(sockets_[i].get(), slot.order);
  struct stat facts{};
  // Nothing but a regular file: reading from another one might block the loop.
  if (!fd || ::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return false;
  slot.file = std::make_shared<SpoolFile>();
  slot.file->fd = std::move(fd);
  struct statfs system{};
  slot.file->on_disk = ::fstatfs(slot.file->fd.get(), &system) != 0 || system.f_type != TMPFS_MAGIC;
  slot.file_bytes = 0;
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
  if (end.ended_ns != 0) {
    exchange.cost.ended =
        std::max(exchange.started, base::MonotonicTime(base::Duration(end.ended_ns)));
  }
  if (end.measured_cpu) exchange.cost.cpu = base::Duration(end.cpu_ns);
  if (end.measured_memory) exchange.cost.memory_peak_bytes = end.cost_memory_bytes;
  constexpr std::size_t kCountedBytes = std::size_t{16} * 1024;
  if (exchange.tail.size() >= kCountedBytes)
    exchange.tail_share.force_memory(exchange.tail.capacity(), quota(slot));
  found.bits |= Exchange::kHeadReady | Exchange::kFinished;
  return true;
}

// The limits of one response are kept by the worker. Those of all together are kept here: the
// slowest response is closed if they are passed.
SpoolQuota& RemoteWorker::quota(Slot& slot) const {
  if (slot.quota.usage == nullptr) slot.quota = quota_of(settings_.reply);
  return slot.quota;
}

void RemoteWorker::reserve(Slot& slot, UnsentShare& share, std::uint64_t bytes, bool on_disk,
                           base::MonotonicTime now) {
  ResponseStore* const store = settings_.reply.store;
  SpoolQuota& quota = this->quota(slot);
  const auto& usage = *quota.usage;
  const std::uint64_t held = (on_disk ? usage.disk_bytes : usage.memory_bytes).load();
  const std::uint64_t limit = on_disk ? quota.disk_bytes : quota.memory_bytes;
  if (store != nullptr && !slot.in_store && (on_disk || held + bytes > limit / 2)) {
    quota = store->enter(*slot.exchange, now);
    slot.in_store = true;
  }
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

}  // namespace tusk::exec::process
