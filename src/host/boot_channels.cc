#include "host/boot_channels.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/boot_descriptors.h"
#include "php/rewind/raw_call.h"

namespace tusk::host {

namespace {

bool is_eventfd(int fd) {
  std::error_code failed;
  return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), failed).native() ==
         "anon_inode:[eventfd]";
}

int socket_option(int fd, int option) noexcept {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : 0;
}

// Puts a new descriptor in the place of one, whose flags it gets. Not by dup3(): that is ours, and
// would tell the snapshot that a descriptor of the mark is lost.
bool put_in_place(int fresh, int fd) noexcept {
  const int cloexec = ::fcntl(fd, F_GETFD) & FD_CLOEXEC;
  return ::fcntl(fresh, F_SETFL, ::fcntl(fd, F_GETFL)) == 0 &&
         php::rewind::raw_call(SYS_dup3, fresh, fd, cloexec != 0 ? O_CLOEXEC : 0) >= 0;
}

}  // namespace

void BootChannels::take(const std::set<int>& before) {
  const std::set<int> opened = opened_since(before);
  std::vector<php::descriptors::SocketPairs::Pair> pairs;
  if (pairs_) pairs = pairs_->open_pairs();
  pairs_.reset();
  for (const auto& pair : pairs) {
    if (!opened.contains(pair.fds[0]) || !opened.contains(pair.fds[1])) continue;
    channels_.push_back({.fds = pair.fds,
                         .domain = socket_option(pair.fds[0], SO_DOMAIN),
                         .type = socket_option(pair.fds[0], SO_TYPE)});
  }
  for (const int fd : opened) {
    if (is_eventfd(fd)) channels_.push_back({.fds = {fd, -1}});
  }
  for (const Channel& channel : channels_) {
    for (const int fd : channel.fds) {
      if (fd >= 0) ends_.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    }
  }
}

bool BootChannels::has(int fd) const {
  return std::ranges::any_of(ends_, [fd](const pollfd& end) { return end.fd == fd; });
}

bool BootChannels::open_anew(const Channel& channel) noexcept {
  if (channel.fds[1] < 0) {
    const base::UniqueFd fresh(::eventfd(0, EFD_CLOEXEC));
    return fresh && put_in_place(fresh.get(), channel.fds[0]);
  }
  std::array<int, 2> made{};
  if (::socketpair(channel.domain, channel.type | SOCK_CLOEXEC, 0, made.data()) != 0) return false;
  const base::UniqueFd one(made[0]);
  const base::UniqueFd other(made[1]);
  return put_in_place(one.get(), channel.fds[0]) && put_in_place(other.get(), channel.fds[1]);
}

std::string BootChannels::open_anew() {
  for (const Channel& channel : channels_) {
    if (!open_anew(channel)) {
      return base::fail_errno("make a channel of the boot anew (descriptor " +
                                  std::to_string(channel.fds[0]) + ")",
                              errno)
          .error()
          .message;
    }
  }
  return {};
}

bool BootChannels::empty() noexcept {
  if (ends_.empty() || ::poll(ends_.data(), ends_.size(), 0) == 0) return true;
  return std::ranges::all_of(channels_, [](const Channel& channel) { return open_anew(channel); });
}

}  // namespace tusk::host
