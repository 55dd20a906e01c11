#include "exec/reply.h"

#include <algorithm>
#include <utility>

#include "exec/reply_encoding.h"

namespace tusk::exec {

namespace {

// Smaller ones are not counted among what all responses hold: most responses are, and the number is
// one that all threads write.
constexpr std::size_t kCountedBytes = std::size_t{16} * 1024;

}  // namespace

// In slices, so that one echo of 100 MB is never copied as a whole.
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
    if (exchange_.tail.size() >= gather_bytes_ && !hand_over_tail(false)) return false;
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
  return hand_over_tail(true);
}

bool Reply::hand_over_tail(bool flush) {
  if (client_gone()) {
    exchange_.tail.clear();
    return false;
  }
  using http::coding::Step;
  if (piece_encoding_ != nullptr &&
      !piece_encoding_->encode_piece(exchange_, flush ? Step::flush : Step::append)) {
    exchange_.truncated = true;
  }
  if (exchange_.tail.empty()) {
    if (!head_sent_) exchange_.publish(Exchange::kHeadReady);
    head_sent_ = true;
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
  const bool fits = (unsent == 0 || unsent + size <= in_memory) &&
                    piece.share.grow(UnsentUsage::memory_bytes, size, limits_.spool.memory_bytes);
  if (!fits) {
    exchange_.wait_until_unsent_below(limits_.spool_bytes);
    if (client_gone()) return false;
    // Without room there the script waits instead.
    if (!spool_.append(bytes, limits_.spool, piece)) {
      exchange_.wait_until_unsent_below(limits_.memory_bytes);
      if (client_gone()) return false;
    }
  }
  if (!piece.in_file()) piece.bytes = std::move(bytes);
  exchange_.add_unsent(size);
  exchange_.stream.lock()->pieces.push_back(std::move(piece));
  head_sent_ = true;
  exchange_.publish(Exchange::kHeadReady);
  return true;
}

// What ends as the tail is memory until the client has taken it, like the pieces. It is counted,
// and goes to a file where all responses hold too much; without room there it stays what it is.
void Reply::spill_tail() {
  const std::size_t size = exchange_.tail.size();
  if (size < kCountedBytes || client_gone()) return;
  if (exchange_.tail_share.grow(UnsentUsage::memory_bytes, size, limits_.spool.memory_bytes)) {
    return;
  }
  Piece piece;
  if (!spool_.append(exchange_.tail, limits_.spool, piece)) return;
  std::string().swap(exchange_.tail);
  exchange_.streamed = true;
  exchange_.spilled = !head_sent_;
  exchange_.add_unsent(size);
  exchange_.stream.lock()->pieces.push_back(std::move(piece));
}

void Reply::interim(http::ResponseHead head) {
  if (head_sent_ || finished_) return;
  exchange_.streamed = true;
  {
    auto shared = exchange_.stream.lock();
    // A script in a loop must not fill memory with what its client does not take.
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
    if (exchange_.truncated ||
        !piece_encoding_->encode_piece(exchange_, http::coding::Step::finish)) {
      exchange_.truncated = true;
      exchange_.tail.clear();
    }
  } else if (!head_sent_ && exchange_.error_status == 0) {
    encoding_->encode_whole(exchange_);
  }
}

void Reply::finish() {
  if (finished_) return;
  complete();
  spill_tail();
  finished_ = true;
  exchange_.publish(Exchange::kHeadReady | Exchange::kFinished);
}

void Reply::release() {
  if (!finished_) {
    complete();
    spill_tail();
  }
  finished_ = true;
  exchange_.publish(Exchange::kHeadReady | Exchange::kFinished | Exchange::kReleased);
}

}  // namespace tusk::exec
