#include "php/descriptors/socket_pairs.h"

#include <algorithm>

#include <sys/stat.h>

namespace tusk::php::descriptors {

namespace {

// 0: it is not a socket.
ino_t socket_at(int fd) noexcept {
  struct stat status{};
  return ::fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode) ? status.st_ino : 0;
}

bool is_open(const SocketPairs::Pair& pair) noexcept {
  return socket_at(pair.fds[0]) == pair.sockets[0] && socket_at(pair.fds[1]) == pair.sockets[1];
}

}  // namespace

void SocketPairs::note(const int (&fds)[2]) noexcept {
  Pair* const first = pairs_.data();
  Pair* place = first + count_;
  if (count_ == kMost) {
    place = std::find_if_not(first, first + count_, is_open);
    if (place == first + count_) return;
  } else {
    ++count_;
  }
  *place = {.fds = {fds[0], fds[1]}, .sockets = {socket_at(fds[0]), socket_at(fds[1])}};
}

std::vector<SocketPairs::Pair> SocketPairs::open_pairs() const {
  std::vector<Pair> open;
  std::copy_if(pairs_.begin(), pairs_.begin() + static_cast<std::ptrdiff_t>(count_),
               std::back_inserter(open), is_open);
  return open;
}

}  // namespace tusk::php::descriptors
