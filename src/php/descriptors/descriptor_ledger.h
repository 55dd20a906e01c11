// DescriptorLedger: which of the process's descriptors a thread's scripts opened, and in which
// request.
//
// Descriptors belong to the process; here each thread that runs scripts is a process of its own to
// its scripts. Who ends a request that left open what it opened, or lets go of everything else in a
// forked child, asks the ledger. It is written by the functions of libc that make and close
// descriptors (php/descriptors/libc_descriptors.cc): one table for the process, by number, without
// a lock and but for sockets without a system call of its own.
//
// It does not see what libc opens for itself (name look-ups, iconv), nor what a library does that
// PHP opened with RTLD_DEEPBIND: OPcache, and extensions in `.so` files. What these open is
// nobody's here. What they close stays written down until the number is given out again, so whoever
// closes what nobody seems to own does that for sockets, and asks is_still_open() before.
//
// Owner: the ScriptThread. Thread: its worker; the static functions any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <sys/types.h>

namespace tusk::php::descriptors {

// A descriptor as it was when it was opened.
struct OpenedDescriptor {
  int fd = -1;
  ino_t socket = 0;  // the socket's number in the kernel; 0: something else

  // Whether it is a socket, and this very one. Two descriptors of one socket look the same.
  bool is_still_open() const noexcept;
};

class DescriptorLedger {
 public:
  DescriptorLedger() noexcept;

  // What was opened before is an earlier request's from here on: persistent connections.
  void begin_request() noexcept;

  // Opened since then, by this thread, and not closed; in order. Looks at the numbers between the
  // lowest and the highest of them.
  std::vector<OpenedDescriptor> opened_in_this_request() const;
  // The same, without memory: for a child after fork(), and where PHP may be out of it.
  template <class Visitor>
  void for_each_of_this_request(Visitor visit) const {
    for (int fd = lowest_; fd <= highest_; ++fd) {
      if (is_of_this_request(fd)) visit(OpenedDescriptor{fd, socket_of(fd)});
    }
  }

  bool is_of_this_request(int fd) const noexcept;
  // Of this request or an earlier one of this thread.
  bool owns(int fd) const noexcept;
  // No descriptor above it is this thread's.
  int highest() const noexcept { return highest_ever_; }

  // --- for the functions that make and close descriptors; they return what they are given ---

  static int opened(int fd) noexcept;
  static int opened_socket(int fd) noexcept;
  static int copied(int from, int fd) noexcept;
  static void opened_pair(const int (&fds)[2], bool sockets) noexcept;
  // Before it is closed: after it, the number may be another thread's. Or for what is opened on a
  // script's thread, but not for it.
  static void disown(int fd) noexcept;

 private:
  void note(int fd, ino_t socket) noexcept;
  std::uint64_t tag() const noexcept { return thread_ << 32U | request_; }
  static ino_t socket_of(int fd) noexcept;

  std::uint64_t thread_;  // never given out again: a lost worker still has what it opened
  std::uint32_t request_ = 0;
  int lowest_;
  int highest_;
  int highest_ever_ = -1;
};

}  // namespace tusk::php::descriptors
