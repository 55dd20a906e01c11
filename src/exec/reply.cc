#include "exec/reply.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

namespace tusk::exec {

// In slices, so that one echo of 100 MB is never copied as a whole.
bool Reply::write_large(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t room = limits_.buffer_bytes - exchange_.tail.size();
    exchange_.tail.append(bytes.substr(0, room));
    bytes.remove_prefix(std::min(room, bytes.size()));
    if (exchange_.tail.size() >= limits_.buffer_bytes && !flush()) return false;
  }
  return true;
}

bool Reply::flush() {
  if (finished_) return true;
  if (client_gone()) {
    exchange_.tail.clear();
    return false;
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

void Reply::finish() {
  if (finished_) return;
  finished_ = true;
  exchange_.publish(Exchange::kHeadReady | Exchange::kFinished);
}

void Reply::release() {
  finished_ = true;
  exchange_.publish(Exchange::kHeadReady | Exchange::kFinished | Exchange::kReleased);
}

}  // namespace tusk::exec
