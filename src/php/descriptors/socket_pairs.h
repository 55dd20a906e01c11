// SocketPairs: the pairs of sockets (socketpair()) that a script has made while it booted.
//
// Owner: whoever has a script boot; one for a process. Thread: the only one that runs scripts.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include <sys/types.h>

namespace tusk::php::descriptors {

// A socket does not tell which other one it is connected to, so pairs are noted when they are made.
class SocketPairs {
 public:
  struct Pair {
    std::array<int, 2> fds{};
    std::array<ino_t, 2> sockets{};  // inode numbers
  };

  // From now on pairs are noted, until it is destroyed.
  SocketPairs() noexcept { current_ = this; }
  SocketPairs(const SocketPairs&) = delete;
  SocketPairs& operator=(const SocketPairs&) = delete;
  ~SocketPairs() {
    if (current_ == this) current_ = nullptr;
  }

  // The pairs of which this process has both ends, under the numbers that they had.
  std::vector<Pair> open_pairs() const;

  // For socketpair(). What finds no room is not noted.
  static void made(const int (&fds)[2]) noexcept {
    if (current_ != nullptr) current_->note(fds);
  }

 private:
  static constexpr std::size_t kMost = 256;

  void note(const int (&fds)[2]) noexcept;

  static inline constinit SocketPairs* current_ = nullptr;

  std::array<Pair, kMost> pairs_{};
  std::size_t count_ = 0;
};

}  // namespace tusk::php::descriptors
