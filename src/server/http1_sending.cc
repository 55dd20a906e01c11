// Http1Connection: getting bytes out, at the client's pace.

#include <algorithm>
#include <array>

#include "server/http1_connection.h"

namespace tusk::server {

namespace {

iovec piece_of(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

}  // namespace

void Http1Connection::count_sent(std::size_t bytes) {
  bytes_in_a_row_ += bytes;
  if (listener_.counted) loop_.metrics.add<observe::Metric::kBytesSent>(bytes);
}

// Lets others have the loop until there is room. False: the client took nothing for too long.
base::Task<bool> Http1Connection::await_room() {
  set_deadline(listener_.limits.write_timeout);
  stream_.notify_when_writable();
  const std::uint32_t flags =
      co_await wakeup_.wait(net::Wakeup::kWritable | net::Wakeup::kDeadline);
  deadline_ = kNever;
  bytes_in_a_row_ = 0;
  co_return (flags & net::Wakeup::kWritable) != 0;
}

base::Task<bool> Http1Connection::send(std::string_view first, std::string_view second, bool more) {
  while (!first.empty() || !second.empty()) {
    if (bytes_in_a_row_ >= kFairShareBytes) {
      const bool room = co_await await_room();
      if (!room) co_return false;
    }
    const std::array<iovec, 2> pieces = {piece_of(first), piece_of(second)};
    const net::IoResult wrote = stream_.write(pieces, more);
    if (wrote.status == net::IoStatus::ok) {
      count_sent(wrote.bytes);
      const std::size_t of_first = std::min(wrote.bytes, first.size());
      first.remove_prefix(of_first);
      second.remove_prefix(wrote.bytes - of_first);
      continue;
    }
    if (wrote.status != net::IoStatus::would_block) co_return false;
    const bool room = co_await await_room();
    if (!room) co_return false;
  }
  co_return true;
}

base::Task<bool> Http1Connection::send_file(int fd, std::uint64_t offset, std::uint64_t length) {
  while (length > 0) {
    if (bytes_in_a_row_ >= kFairShareBytes) {
      const bool room = co_await await_room();
      if (!room) co_return false;
    }
    const auto count = static_cast<std::size_t>(std::min(length, kFairShareBytes));
    const net::IoResult sent = stream_.send_file(fd, offset, count);
    if (sent.status == net::IoStatus::ok) {
      count_sent(sent.bytes);
      offset += sent.bytes;
      length -= sent.bytes;
      continue;
    }
    if (sent.status != net::IoStatus::would_block) co_return false;
    const bool room = co_await await_room();
    if (!room) co_return false;
  }
  co_return true;
}

}  // namespace tusk::server
