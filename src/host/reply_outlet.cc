#include "host/reply_outlet.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>
#include <vector>

#include <unistd.h>

#include "exec/process/host_protocol.h"
#include "observe/log.h"

namespace tusk::host {

namespace {

using exec::Exchange;
using exec::Piece;
using exec::process::EndRecord;
using exec::process::FilePiece;
using exec::process::RecordKind;
using exec::process::SlotControl;
using exec::process::SlotState;

// A smaller part of a body is written only if it is the last.
constexpr std::size_t kLeastPart = 4096;
// The server takes no longer ones.
constexpr std::size_t kMostErrorBytes = 4096;
// How long a wait for the server lasts before the words are looked at again.
constexpr base::Duration kRecheckInterval = std::chrono::seconds(1);

EndRecord end_record_of(const Exchange& exchange) {
  EndRecord end;
  end.error_status = exchange.error_status;
  end.truncated = exchange.truncated;
  end.fatal_error = exchange.fatal_error;
  end.abandoned_library = exchange.abandoned_library;
  end.spilled = exchange.spilled;
  end.compressed = exchange.compression.any;
  end.coding = static_cast<std::uint8_t>(exchange.compression.coding);
  end.compressed_from_bytes = exchange.compression.from_bytes;
  end.compressed_to_bytes = exchange.compression.to_bytes;
  end.measured_cpu = exchange.cost.cpu.has_value();
  end.measured_memory = exchange.cost.memory_peak_bytes.has_value();
  end.memory_peak_bytes = exchange.memory_peak_bytes;
  end.ended_ns = exchange.cost.ended.time_since_epoch().count();
  end.cpu_ns = exchange.cost.cpu.value_or(base::Duration{}).count();
  end.cost_memory_bytes = exchange.cost.memory_peak_bytes.value_or(0);
  return end;
}

}  // namespace

void ReplyOutlet::begin(std::size_t slot, Exchange& exchange) {
  slot_ = slot;
  loop_ = region_.slot(slot).loop.load(std::memory_order_relaxed);
  writer_.emplace(region_.slot(slot), region_.response(slot));
  writer_->begin();
  head_written_ = is_whole_ = ended_ = truncated_ = false;
  failed_status_ = 0;
  fatal_error_.clear();
  seen_taken_ = 0;
  seen_limit_ = Exchange::kUnlimited;
  sent_file_.reset();
  see_client(exchange);
}

void ReplyOutlet::ring() const { doorbells_.ring(loop_); }

void ReplyOutlet::see_store() {
  const auto see = [](const std::atomic<std::uint64_t>& told, std::uint64_t& before,
                      std::atomic<std::uint64_t>& held) {
    const std::uint64_t now = told.load(std::memory_order_relaxed);
    if (now == before) return;
    held.fetch_add(now - std::exchange(before, now), std::memory_order_relaxed);
  };
  const exec::process::RegionControl& control = region_.control();
  see(control.stored_memory_bytes, told_memory_, usage_.memory_bytes);
  see(control.stored_disk_bytes, told_disk_, usage_.disk_bytes);
}

// What the client has taken, and what the server allows it.
void ReplyOutlet::see_client(Exchange& exchange) {
  see_store();
  const std::uint64_t taken = slot().taken.load(std::memory_order_acquire);
  if (taken != seen_taken_) exchange.consumed(taken - std::exchange(seen_taken_, taken));
  const std::uint64_t limit = slot().unsent_limit.load(std::memory_order_acquire);
  if (limit != seen_limit_) exchange.limit_unsent(seen_limit_ = limit);
}

void ReplyOutlet::post(Exchange& exchange) {
  const std::uint32_t bits = exchange.acknowledge();
  see_client(exchange);
  if ((bits & Exchange::kInterim) != 0 && !head_written_) write_stream(exchange);
  if ((bits & Exchange::kHeadReady) != 0) {
    const bool is_whole = (bits & Exchange::kFinished) != 0;
    if (!std::exchange(head_written_, true)) write_head(exchange, is_whole);
    write_stream(exchange);
  }
  if ((bits & Exchange::kFinished) != 0 && !std::exchange(ended_, true)) write_end(exchange);
  writer_->publish();
  if ((bits & Exchange::kReleased) != 0) {
    sent_file_.reset();
    give_back_slot();
  }
  ring();
}

// If the script has overwritten what it shares with the server, nothing of that can be trusted. The
// next requests are still safe: they are given to another worker when this one has ended.
void ReplyOutlet::give_back_slot() const {
  SlotState state = SlotState::kRunning;
  if (slot().state.compare_exchange_strong(state, SlotState::kDone)) return;
  observe::error("a script has overwritten the memory between its process and the server");
  ::_exit(static_cast<int>(exec::process::WorkerExit::kBroken));
}

// The time was the client's. The server looks at these words as soon as the worker does not wait:
// it would kill one that seems to be far past its time.
void ReplyOutlet::put_off_limits(base::Duration waited) const {
  exec::process::RegionControl& control = region_.control();
  for (std::atomic<std::int64_t>* const limit : {&control.deadline_ns, &control.lost_ns}) {
    if (limit->load(std::memory_order_relaxed) != 0)
      limit->fetch_add(waited.count(), std::memory_order_relaxed);
  }
}

void ReplyOutlet::await_progress(Exchange& exchange, std::uint32_t seen, base::Duration most) {
  SlotControl& slot = this->slot();
  const std::uint32_t before = slot.progress.load(std::memory_order_seq_cst);
  see_client(exchange);
  if (exchange.progress() != seen || is_cancelled()) return;
  slot.waits_for_client.store(1, std::memory_order_seq_cst);
  slot.waits.store(1, std::memory_order_seq_cst);
  const base::MonotonicTime began = base::now();
  exec::process::wait_on(slot.progress, before, most);
  slot.waits.store(0, std::memory_order_seq_cst);
  put_off_limits(base::now() - began);
  slot.waits_for_client.store(0, std::memory_order_seq_cst);
  see_client(exchange);
}

// The record is written with the response's end: where PHP reports errors, nothing may wait.
bool ReplyOutlet::tell_fatal_error(std::string_view message) {
  fatal_error_ = message.substr(0, std::min(kMostErrorBytes, writer_->most()));
  return true;
}

// With a status of its own, the server makes head and body.
void ReplyOutlet::write_head(const Exchange& exchange, bool is_whole) {
  is_whole_ = is_whole;
  if (exchange.error_status != 0) return;
  // The server takes no other from a worker process.
  if (exchange.head.status < 200 || exchange.head.status > 999) {
    failed_status_ = 500;
    return;
  }
  const exec::process::HeadParts head(exchange.head);
  if (head.size() > writer_->most()) {
    observe::error("a response is answered 500: its head is too large",
                   {{"request", exchange.job.request_id},
                    {"script", exchange.job.view(exchange.job.script_filename)},
                    {"bytes", head.size()},
                    {"most", writer_->most()}});
    failed_status_ = 500;
  } else if (!write_whole(is_whole ? RecordKind::kWholeHead : RecordKind::kHead, head.all())) {
    // The client has gone. An end without a head or a status would be no response.
    failed_status_ = 500;
  }
}

void ReplyOutlet::write_stream(Exchange& exchange) {
  if (!exchange.streamed) return;  // saves most requests the lock
  std::vector<Piece> pieces;
  std::vector<http::ResponseHead> interim;
  {
    auto shared = exchange.stream.lock();
    pieces.swap(shared->pieces);
    interim.swap(shared->interim);
  }
  for (const http::ResponseHead& head : interim)
    (void)write_whole(RecordKind::kInterim, exec::process::encode(head));
  if (failed_status_ != 0) return;
  for (const Piece& piece : pieces) write_piece(piece);
}

void ReplyOutlet::write_piece(const Piece& piece) {
  if (!piece.in_file()) return write_parts(RecordKind::kPiece, piece.bytes);
  write_file_piece(piece);
}

void ReplyOutlet::write_file_piece(const Piece& piece) {
  if (is_cancelled()) return;
  if (piece.file != sent_file_) {
    const std::uint64_t tag = slot().order.load(std::memory_order_relaxed);
    // The server may have received too few descriptors so far, or may have none left.
    if (!exec::process::send_descriptor(sockets_[slot_].get(), piece.file->fd.get(), tag))
      return copy_file_piece(piece);
    sent_file_ = piece.file;
    (void)write_whole(RecordKind::kNewFile, std::string_view());
  }
  const FilePiece place{.offset = piece.file_offset, .length = piece.file_length};
  (void)write_whole(RecordKind::kFilePiece,
                    std::string_view(reinterpret_cast<const char*>(&place), sizeof place));
}

void ReplyOutlet::copy_file_piece(const Piece& piece) {
  std::string part;
  for (std::uint64_t at = 0; at < piece.file_length && !is_cancelled(); at += part.size()) {
    part.resize(std::min<std::uint64_t>(piece.file_length - at, writer_->most()));
    const ssize_t got = ::pread(piece.file->fd.get(), part.data(), part.size(),
                                static_cast<off_t>(piece.file_offset + at));
    if (got <= 0) {
      truncated_ = true;
      return;
    }
    part.resize(static_cast<std::size_t>(got));
    write_parts(is_whole_ ? RecordKind::kTail : RecordKind::kPiece, part);
  }
}

void ReplyOutlet::write_end(const Exchange& exchange) {
  if (exchange.error_status == 0 && failed_status_ == 0)
    write_parts(RecordKind::kTail, exchange.tail);
  if (!fatal_error_.empty()) (void)write_whole(RecordKind::kFatalError, fatal_error_);
  EndRecord end = end_record_of(exchange);
  if (end.error_status == 0) end.error_status = failed_status_;
  end.truncated = end.truncated || truncated_;
  // Even if the client has gone: a slot that is done without it is a broken worker's.
  if (make_room(sizeof end, Want::kAlways)) {
    const std::string_view bytes(reinterpret_cast<const char*>(&end), sizeof end);
    writer_->add(RecordKind::kEnd, {&bytes, 1});
  }
}

// False: nobody wants the rest of the response. The server takes records out at each round,
// whatever its client does, so this does not wait for long.
bool ReplyOutlet::make_room(std::size_t bytes, Want want) {
  SlotControl& slot = this->slot();
  const auto unwanted = [&] { return want == Want::kUnlessCancelled && is_cancelled(); };
  while (!unwanted()) {
    // Empty records need their header.
    if (writer_->room() >= std::max<std::size_t>(bytes, 1)) return true;
    writer_->publish();
    ring();
    const std::uint32_t seen = slot.progress.load(std::memory_order_seq_cst);
    slot.waits.store(1, std::memory_order_seq_cst);
    if (writer_->room() < std::max<std::size_t>(bytes, 1) && !unwanted())
      exec::process::wait_on(slot.progress, seen, kRecheckInterval);
    slot.waits.store(0, std::memory_order_seq_cst);
  }
  return false;
}

// False: it is too large, or nobody wants it.
bool ReplyOutlet::write_whole(RecordKind kind, std::string_view payload) {
  return write_whole(kind, {&payload, 1});
}

bool ReplyOutlet::write_whole(RecordKind kind, std::span<const std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  return size <= writer_->most() && make_room(size) && writer_->add(kind, parts);
}

void ReplyOutlet::write_parts(RecordKind kind, std::string_view bytes) {
  while (!bytes.empty()) {
    if (!make_room(std::min(bytes.size(), kLeastPart))) return;
    const std::string_view part = bytes.substr(0, writer_->room());
    writer_->add(kind, {&part, 1});
    bytes.remove_prefix(part.size());
  }
}

}  // namespace tusk::host
