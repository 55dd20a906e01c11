#include "exec/reply.h"

#include <algorithm>
#include <utility>

#include "exec/observation/request_event.h"
#include "exec/reply_encoding.h"
#include "exec/response_store.h"

namespace tusk::exec {

using http::coding::Step;

namespace {

// Responses smaller than this are not counted: most are small, and all threads share the counter.
constexpr std::size_t kCountedBytes = std::size_t{16} * 1024;

// How often a waiting script checks whether it may go on waiting: requests may have arrived.
constexpr base::Duration kRecheckInterval = std::chrono::milliseconds(20);

}  // namespace

Reply::Reply(Exchange& exchange, const ReplyLimits& limits)
    : exchange_(exchange), limits_(limits), gather_bytes_(limits.buffer_bytes) {
  quota_.usage = limits.spool.usage;
  quota_.memory_bytes = limits.spool.memory_bytes;
  quota_.disk_bytes = limits.spool.disk_bytes;
}

// Writes in slices, so that one echo of 100 MB is never copied as a whole.
bool Reply::write_large(std::string_view bytes) {
  if (!head_sent_ && gather_bytes_ == limits_.buffer_bytes && encoding_ != nullptr) {
    const std::uint64_t most = encoding_->bytes_to_gather(exchange_);
    if (most >= exchange_.tail.size() + bytes.size()) {
      gather_bytes_ = most + 1;
      exchange_.tail.append(bytes);
      return true;
    }
  }
  gather_bytes_ = limits_.buffer_bytes;
  for (;;) {
    if (exchange_.tail.size() >= gather_bytes_ && !hand_over_tail(Step::kAppend)) return false;
    if (bytes.empty()) return true;
    const std::size_t room = gather_bytes_ - exchange_.tail.size();
    exchange_.tail.append(bytes.substr(0, room));
    bytes.remove_prefix(std::min(room, bytes.size()));
  }
}

bool Reply::flush() {
  if (finished_) return true;
  if (!head_sent_ && encoding_ != nullptr && !client_gone()) {
    if (encoding_->begin_stream(exchange_)) piece_encoding_ = encoding_;
  }
  gather_bytes_ = limits_.buffer_bytes;
  return hand_over_tail(Step::kFlush);
}

bool Reply::hand_over_tail(Step step) {
  if (client_gone()) {
    exchange_.tail.clear();
    return false;
  }
  if (piece_encoding_ != nullptr && !piece_encoding_->encode_piece(exchange_, step)) {
    exchange_.truncated = true;
  }
  if (exchange_.tail.empty()) {
    if (!head_sent_) send_head();
    return true;
  }
  return hand_over(std::exchange(exchange_.tail, {}));
}

bool Reply::hand_over(std::string bytes) {
  exchange_.streamed = true;
  Piece piece;
  const std::uint64_t size = bytes.size();
  const std::uint64_t unsent = exchange_.unsent_bytes();
  const std::uint64_t in_memory =
      std::min<std::uint64_t>(limits_.memory_bytes, exchange_.unsent_limit());
  // The counter has the allocated size.
  const bool fits = (unsent == 0 || unsent + size <= in_memory) &&
                    reserve_memory(bytes.capacity(), piece.share) == Reservation::kGranted;
  if (!fits && !spill(bytes, piece)) return false;
  if (!piece.in_file()) piece.bytes = std::move(bytes);
  exchange_.add_unsent(size);
  {
    auto shared = exchange_.stream.lock();
    if (shared->pieces.empty() || !shared->pieces.back().join(piece, quota_)) {
      shared->pieces.push_back(std::move(piece));
    }
  }
  send_head();
  return true;
}

// Tells the loop of a piece too, once the head is sent.
void Reply::send_head() {
  if (!head_sent_) sent_status_ = exchange_.head.status;
  head_sent_ = true;
  exchange_.publish(Exchange::kHeadReady);
}

void Reply::enter_store() {
  if (limits_.store == nullptr) {
    if (quota_.directory.empty()) quota_.directory = limits_.spool.directory;
    return;
  }
  if (in_store_) {
    limits_.store->renew(quota_);
  } else {
    quota_ = limits_.store->enter(exchange_, base::now());
    in_store_ = true;
  }
}

// The first half of the memory is given to any response, without asking for its client.
Reservation Reply::reserve_memory(std::uint64_t bytes, UnsentShare& share) {
  const std::uint64_t held = quota_.usage->memory_bytes.load(std::memory_order_relaxed);
  if (held + bytes > quota_.memory_bytes / 2) enter_store();
  return share.grow_memory(bytes, quota_);
}

// Writes to the spool. Without room the script waits for its client. False: the client is gone.
bool Reply::spill(std::string_view bytes, Piece& piece) {
  enter_store();
  WaitReason reason = WaitReason::kResponseLimit;
  if (client_gone()) return false;
  if (try_spill(bytes, piece, reason)) return true;
  exchange_.begin_wait();
  if (in_store_) limits_.store->begin_wait(exchange_, base::now());
  bool spilled = false;
  while (!spilled && !client_gone()) {
    const std::uint32_t seen = exchange_.progress();
    if (in_store_) limits_.store->renew(quota_);
    spilled = try_spill(bytes, piece, reason);
    if (spilled) break;
    if (in_store_) limits_.store->judge(exchange_, reason, base::now());
    if (!client_gone()) exchange_.wait_for_progress(seen, kRecheckInterval);
  }
  if (in_store_) limits_.store->end_wait(exchange_);
  exchange_.end_wait();
  return spilled;
}

bool Reply::try_spill(std::string_view bytes, Piece& piece, WaitReason& reason) {
  reason = WaitReason::kResponseLimit;
  const std::uint64_t unsent = exchange_.unsent_bytes();
  if (unsent >= std::min(limits_.spool_bytes, exchange_.unsent_limit())) return false;
  const Reservation reserved = spool_.append(bytes, quota_, piece);
  if (reserved == Reservation::kGranted) return true;
  reason =
      reserved == Reservation::kClientShare ? WaitReason::kClientShare : WaitReason::kStoreFull;
  if (unsent > 0) return false;
  // A client that has taken everything gets a piece regardless of what others hold.
  piece.share.force_memory(bytes.size(), quota_);
  if (in_store_) limits_.store->make_room_for(exchange_, reason, base::now());
  return true;
}

// The tail stays in memory until the client has taken it, like the pieces, so it is counted, and
// goes to a file if all responses hold too much. If there is no room in a file either, the tail
// stays in memory, because no worker waits for the end of a page: another response is closed
// instead.
void Reply::spill_tail() {
  const std::size_t size = exchange_.tail.size();
  if (size < kCountedBytes || client_gone()) return;
  const std::size_t held = exchange_.tail.capacity();
  if (reserve_memory(held, exchange_.tail_share) != Reservation::kGranted) {
    enter_store();
    Piece piece;
    const Reservation reserved = spool_.append(exchange_.tail, quota_, piece);
    if (reserved == Reservation::kGranted) {
      std::string().swap(exchange_.tail);
      exchange_.streamed = true;
      exchange_.spilled = !head_sent_;
      exchange_.add_unsent(size);
      exchange_.stream.lock()->pieces.push_back(std::move(piece));
      return;
    }
    exchange_.tail_share.force_memory(held, quota_);
    const WaitReason reason =
        reserved == Reservation::kClientShare ? WaitReason::kClientShare : WaitReason::kStoreFull;
    if (in_store_) limits_.store->make_room_for(exchange_, reason, base::now());
  }
  if (in_store_) exchange_.set_stored_tail(size);
}

void Reply::note_fatal_error(std::string_view message) noexcept {
  if (exchange_.channel != nullptr && exchange_.channel->tell_fatal_error(message)) return;
  if (slot_ != nullptr) slot_->note_fatal_error(message);
  // Once the response is finished, the loop may read whether it was noted.
  if (!finished_) exchange_.failure_noted = true;
  observation::note_request_event(exchange_.job,
                                  {.kind = observe::EventKind::kFatalError,
                                   .status = finished_ ? sent_status_ : 0,
                                   .duration_ns = (base::now() - exchange_.started).count(),
                                   .message = message});
}

void Reply::interim(http::ResponseHead head) {
  if (head_sent_ || finished_) return;
  exchange_.streamed = true;
  {
    auto shared = exchange_.stream.lock();
    // Limits what a script in a loop can queue while its client reads nothing.
    std::size_t bytes = head.text.size();
    for (const http::ResponseHead& waiting : shared->interim) bytes += waiting.text.size();
    if (shared->interim.size() >= kMaxInterim || bytes > kMaxInterimBytes) return;
    shared->interim.push_back(std::move(head));
  }
  exchange_.publish(Exchange::kInterim);
}

void Reply::fail(int status) {
  if (finished_) return;
  exchange_.tail.clear();
  if (head_sent_) {
    exchange_.truncated = true;
  } else {
    exchange_.error_status = status;
  }
}

void Reply::complete() {
  if (std::exchange(completed_, true) || encoding_ == nullptr || client_gone()) return;
  if (piece_encoding_ != nullptr) {
    if (exchange_.truncated || !piece_encoding_->encode_piece(exchange_, Step::kFinish)) {
      exchange_.truncated = true;
      exchange_.tail.clear();
    }
  } else if (!head_sent_ && exchange_.error_status == 0) {
    encoding_->encode_whole(exchange_);
  }
}

void Reply::note_end() {
  if (exchange_.job.measures.time) exchange_.cost.ended = base::now();
}

void Reply::finish() {
  if (finished_) return;
  complete();
  spill_tail();
  note_end();
  finished_ = true;
  if (!head_sent_) sent_status_ = exchange_.head.status;
  exchange_.publish(Exchange::kHeadReady | Exchange::kFinished);
}

void Reply::release() {
  if (!finished_) {
    complete();
    spill_tail();
    note_end();
  }
  finished_ = true;
  spool_ = {};  // the exchange may serve another request in a moment
  exchange_.publish(Exchange::kHeadReady | Exchange::kFinished | Exchange::kReleased);
}

}  // namespace tusk::exec
