// DescriptorLedger: records which of the process's descriptors a thread's scripts have opened, and
// in which request.
//
// Owner: the ScriptThread. Thread: its worker; the static functions any.
#pragma once

#include <cstddef>
#include <cstdint>

#include <sys/types.h>

namespace tusk::php::descriptors {

// A descriptor as it was when it was opened.
struct OpenedDescriptor {
  int fd = -1;
  ino_t socket = 0;  // the socket's inode number; 0: not a socket

  // Whether it is a socket, and the same one. Two descriptors of one socket look the same.
  bool is_still_open() const noexcept;
};

// Descriptors belong to the process, but to its scripts each thread that runs scripts is a process
// of its own. The ledger tells what a request has left open when it ends, and what a forked child
// must close. The functions of libc that make and close descriptors write it
// (php/descriptors/libc_descriptors.cc). It is one table for the process, indexed by number,
// without a lock and, except for sockets, without a system call of its own.
//
// It does not see what libc opens for itself (name look-ups, iconv), nor what OPcache does, which
// PHP opens with RTLD_DEEPBIND (php/libc/shared_extensions.cc). Descriptors that these open have no
// owner here. Those that they close stay recorded until the number is given out again.
// So code that closes what seems to be nobody's does that for sockets only, and calls
// is_still_open() first.
class DescriptorLedger {
 public:
  DescriptorLedger() noexcept;

  // Descriptors that were opened before belong to earlier requests from now on: persistent
  // connections.
  void begin_request() noexcept;

  // Visits the descriptors that this thread has opened since begin_request() and not closed, in
  // order. Scans the numbers between the lowest and the highest of them. Does not allocate: a child
  // calls it after fork(), and PHP may be out of memory.
  template <class Visitor>
  void for_each_of_this_request(Visitor visit) const {
    for (int fd = lowest_; fd <= highest_; ++fd) {
      if (is_of_this_request(fd)) visit(OpenedDescriptor{fd, socket_of(fd)});
    }
  }

  bool is_of_this_request(int fd) const noexcept;
  // Whether this thread opened it, in this request or an earlier one.
  bool owns(int fd) const noexcept;
  // No descriptor above this number is this thread's.
  int highest() const noexcept { return highest_ever_; }

  // How many each request may have open at a time, so that a script that opens all it can does not
  // leave others and the server without any: a process of PHP-FPM has a limit of its own. Several
  // such scripts together take the numbers up to `last`: with a few open, a request may take those
  // beyond too. At first there is no limit. Thread: main, before other threads start.
  static void limit_requests(int most, int last) noexcept;

  // --- for the functions that make and close descriptors; they return their argument ---

  // Whether the request of the calling thread has as many as it may.
  static bool is_exhausted() noexcept;

  static int opened(int fd) noexcept;
  static int opened_socket(int fd) noexcept;
  static int copied(int from, int fd) noexcept;
  static void opened_pair(const int (&fds)[2]) noexcept;
  static void opened_sockets(const int (&fds)[2]) noexcept;
  // Call it before the descriptor is closed, because afterwards the number may be another thread's.
  // Also for a descriptor that is opened on a script's thread, but not for the script.
  static void disown(int fd) noexcept;

 private:
  void note(int fd, ino_t socket) noexcept;
  bool has_room() noexcept;
  std::uint64_t tag() const noexcept { return thread_ << 32U | request_; }
  static ino_t socket_of(int fd) noexcept;

  std::uint64_t thread_;  // never reused: a lost worker still has what it opened
  std::uint32_t request_ = 0;
  int lowest_;
  int highest_;
  int highest_ever_ = -1;
  int room_ = 0;  // it may open as many before they are counted
  bool took_a_last_ = false;
};

}  // namespace tusk::php::descriptors
