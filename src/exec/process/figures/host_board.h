// HostBoard: a page on which a PHP host and its workers say how full their OPcache is.
//
// OPcache's memory belongs to the host and all workers that it has forked, and only they can read
// it. Each says after its request what it finds there, and so the last one is right.
//
// Owner: the server's ProcessPool, a board for each host; the host has its own mapping, which its
// workers inherit. Threads: show() the worker's; the rest any. The server trusts no number on it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>

#include "base/result.h"
#include "base/unique_fd.h"
#include "observe/scoreboard/opcache_use.h"

namespace tusk::exec::process {

struct HostPage {
  // Change with nearly each request.
  alignas(64) std::atomic<std::uint64_t> hits;  // since OPcache has restarted
  std::atomic<std::uint64_t> misses;
  alignas(64) std::atomic<std::uint64_t> past_hits;  // up to its last restart
  std::atomic<std::uint64_t> past_misses;
  std::atomic<std::uint64_t> seen_restarts;  // whose counts are in `past_`
  std::atomic<std::uint64_t> restart_pending;
  std::array<std::atomic<std::uint64_t>, std::size(observe::kOpcacheRestartReasons)> restarts;
  std::array<std::atomic<std::uint64_t>, observe::kOpcacheFigures> figures;
};

class HostBoard {
 public:
  // The server's side. All numbers are 0.
  static base::Result<HostBoard> create();
  // The host's side. The descriptor may be closed afterwards.
  static base::Result<HostBoard> attach(int fd);
  HostBoard(HostBoard&& other) noexcept
      : fd_(std::move(other.fd_)), page_(std::exchange(other.page_, nullptr)) {}
  HostBoard& operator=(HostBoard&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(page_, other.page_);
    return *this;
  }
  ~HostBoard();

  // What the server passes to the host.
  int fd() const { return fd_.get(); }

  // `now` is what OPcache itself says: hits and misses since it has restarted.
  void show(const observe::OpcacheState& now) const noexcept;
  // What was shown last: hits and misses since the host began. Zeros if it is impossible.
  observe::OpcacheState read() const noexcept;

 private:
  HostBoard(base::UniqueFd fd, HostPage* page) : fd_(std::move(fd)), page_(page) {}

  base::UniqueFd fd_;
  HostPage* page_ = nullptr;
};

}  // namespace tusk::exec::process
