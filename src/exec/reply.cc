#include "exec/reply.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

#include "exec/reply_encoding.h"

namespace tusk::exec {

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
    stream_encoded_ = encoding_->begin_stream(exchange_);
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
  if (stream_encoded_ && !encoding_->encode_piece(exchange_, flush ? Step::flush : Step::append)) {
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
  if (unsent > 0 && unsent + size > in_memory) {
    exchange_.wait_until_unsent_below(limits_.spool_bytes);
    if (client_gone()) return false;
    // Without a memfd (out of descriptors or memory) the script waits instead.
    if (!write_to_spool(bytes, piece)) {
      exchange_.wait_until_unsent_below(limits_.memory_bytes);
      if (client_gone()) return false;
    }
  }
  if (!piece.in_spool()) piece.bytes = std::move(bytes);
  exchange_.add_unsent(size);
  exchange_.stream.lock()->pieces.push_back(std::move(piece));
  head_sent_ = true;
  exchange_.publish(Exchange::kHeadReady);
  return true;
}

bool Reply::write_to_spool(std::string_view bytes, Piece& piece) {
  int fd = -1;
  {
    auto shared = exchange_.stream.lock();
    if (!shared->spool) shared->spool.reset(::memfd_create("tusk-response", MFD_CLOEXEC));
    fd = shared->spool.get();  // stays open until the exchange is prepared anew
  }
  if (fd < 0) return false;
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t written = ::pwrite(fd, bytes.data() + done, bytes.size() - done,
                                     static_cast<off_t>(spool_written_ + done));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    done += static_cast<std::size_t>(written);
  }
  piece.spool_offset = spool_written_;
  piece.spool_length = bytes.size();
  spool_written_ += bytes.size();
  return true;
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
  if (stream_encoded_) {
    if (exchange_.truncated || !encoding_->encode_piece(exchange_, http::coding::Step::finish)) {
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
  finished_ = true;
  exchange_.publish(Exchange::kHeadReady | Exchange::kFinished);
}

void Reply::release() {
  if (!finished_) complete();
  finished_ = true;
  exchange_.publish(Exchange::kHeadReady | Exchange::kFinished | Exchange::kReleased);
}

}  // namespace tusk::exec
