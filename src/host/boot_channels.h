// BootChannels: what a booted script has open to talk to itself: pairs of sockets and eventfds.
//
// Owner: the RewindFeed. Thread: its process's only one.
#pragma once

#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <poll.h>

#include "php/descriptors/socket_pairs.h"

namespace tusk::host {

// A library makes them to wake itself up: curl_multi_init() has one. After a fork they would lead
// from each worker to all others, so each worker gets new ones, under the same numbers. What a
// request has written to one does not go back with its memory: then it is made anew again.
class BootChannels {
 public:
  // In the host: those that were opened since `before` and of which it has both ends.
  void take(const std::set<int>& before);
  bool has(int fd) const;
  // In a worker, before its memory is marked. An error: why one cannot be made; empty: all are.
  std::string open_anew();
  // After each rewind. False: one cannot be made anew.
  bool empty() noexcept;

 private:
  struct Channel {
    std::array<int, 2> fds{-1, -1};  // the second is -1: an eventfd
    int domain = 0;
    int type = 0;
  };

  static bool open_anew(const Channel& channel) noexcept;

  std::optional<php::descriptors::SocketPairs> pairs_{std::in_place};  // until the boot has ended
  std::vector<Channel> channels_;
  std::vector<pollfd> ends_;  // of all channels
};

}  // namespace tusk::host
