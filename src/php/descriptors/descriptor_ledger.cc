#include "php/descriptors/descriptor_ledger.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <limits>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "php/script_thread.h"

namespace tusk::php::descriptors {

namespace {

// The kernel's usual maximum of RLIMIT_NOFILE (fs.nr_open). Pages of the table that are never
// written take no memory. Descriptors beyond it have no owner.
constexpr std::size_t kSize = 1U << 20U;

// Plain numbers, so that the table is zero from the start and no constructor runs over it. Relaxed:
// a thread reads an entry only to compare it with what that thread has written, and a number is
// given to one thread at a time.
using Number = std::atomic_ref<std::uint64_t>;
struct Entry {
  std::uint64_t owner;  // thread and request; 0: none
  std::uint64_t socket;
};
constinit std::array<Entry, kSize> table{};

// Thread 0 means none.
constinit std::atomic<std::uint32_t> threads{0};

Entry* entry_of(int fd) noexcept {
  return fd >= 0 && static_cast<std::size_t>(fd) < kSize ? &table[static_cast<std::size_t>(fd)]
                                                         : nullptr;
}

std::uint64_t owner_of(int fd) noexcept {
  Entry* const entry = entry_of(fd);
  return entry == nullptr ? 0 : Number(entry->owner).load(std::memory_order_relaxed);
}

// Returns 0 for anything but a socket.
ino_t ask_for_socket(int fd) noexcept {
  struct stat status{};
  return ::fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode) ? status.st_ino : 0;
}

DescriptorLedger* ledger() noexcept {
  ScriptThread* const thread = ScriptThread::current();
  return thread == nullptr ? nullptr : &thread->descriptors;
}

constexpr int kNone = std::numeric_limits<int>::max();

constinit int most_of_request = kNone;
constinit int last_of_many = kNone;

// How many each request may have open though the process has few left.
constexpr int kFew = 64;

// Whether the next descriptor gets one of the last numbers: it gets the lowest that is free.
bool only_last_are_free() noexcept {
  const int error = errno;
  // Not fcntl(): that would count it as the script's.
  const long lowest = ::syscall(SYS_fcntl, STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
  if (lowest >= 0) ::syscall(SYS_close, lowest);
  errno = error;
  return lowest < 0 || lowest > last_of_many;
}

}  // namespace

bool OpenedDescriptor::is_still_open() const noexcept {
  return socket != 0 && ask_for_socket(fd) == socket;
}

DescriptorLedger::DescriptorLedger() noexcept
    : thread_(threads.fetch_add(1, std::memory_order_relaxed) + 1), lowest_(kNone), highest_(-1) {}

void DescriptorLedger::begin_request() noexcept {
  ++request_;
  lowest_ = kNone;
  highest_ = -1;
  room_ = most_of_request;
  took_a_last_ = false;
}

bool DescriptorLedger::is_of_this_request(int fd) const noexcept { return owner_of(fd) == tag(); }

bool DescriptorLedger::owns(int fd) const noexcept { return owner_of(fd) >> 32U == thread_; }

ino_t DescriptorLedger::socket_of(int fd) noexcept {
  Entry* const entry = entry_of(fd);
  return entry == nullptr ? 0 : Number(entry->socket).load(std::memory_order_relaxed);
}

void DescriptorLedger::note(int fd, ino_t socket) noexcept {
  Entry* const entry = entry_of(fd);
  if (entry == nullptr) return;
  Number(entry->socket).store(socket, std::memory_order_relaxed);
  Number(entry->owner).store(tag(), std::memory_order_relaxed);
  lowest_ = std::min(lowest_, fd);
  highest_ = std::max(highest_, fd);
  highest_ever_ = std::max(highest_ever_, fd);
  --room_;
  if (fd > last_of_many) took_a_last_ = true;
}

void DescriptorLedger::limit_requests(int most, int last) noexcept {
  most_of_request = most;
  last_of_many = last;
}

bool DescriptorLedger::is_exhausted() noexcept {
  DescriptorLedger* const own = ledger();
  return own != nullptr && !own->has_room();
}

// Counts them only when it has opened as many as it could still have, or takes the last ones.
bool DescriptorLedger::has_room() noexcept {
  const bool has_many = took_a_last_ && most_of_request - room_ >= kFew;
  if (room_ > 0 && !has_many) return true;
  int open = 0;
  for (int fd = lowest_; fd <= highest_; ++fd) open += is_of_this_request(fd) ? 1 : 0;
  room_ = most_of_request - open;
  if (took_a_last_ && open >= kFew) took_a_last_ = only_last_are_free();
  return room_ > 0 && (!took_a_last_ || open < kFew);
}

int DescriptorLedger::opened(int fd) noexcept {
  if (fd < 0) return fd;
  if (DescriptorLedger* const own = ledger(); own != nullptr) {
    own->note(fd, 0);
  } else {
    disown(fd);
  }
  return fd;
}

int DescriptorLedger::opened_socket(int fd) noexcept {
  if (fd < 0) return fd;
  if (DescriptorLedger* const own = ledger(); own != nullptr) {
    own->note(fd, ask_for_socket(fd));
  } else {
    disown(fd);
  }
  return fd;
}

int DescriptorLedger::copied(int from, int fd) noexcept {
  if (fd < 0 || fd == from) return fd;
  if (DescriptorLedger* const own = ledger(); own != nullptr) {
    own->note(fd, owner_of(from) == 0 ? 0 : socket_of(from));
  } else {
    disown(fd);
  }
  return fd;
}

void DescriptorLedger::opened_pair(const int (&fds)[2]) noexcept {
  for (const int fd : fds) opened(fd);
}

void DescriptorLedger::opened_sockets(const int (&fds)[2]) noexcept {
  for (const int fd : fds) opened_socket(fd);
}

// Reads before it writes, so that the server's threads do not write to the table.
void DescriptorLedger::disown(int fd) noexcept {
  Entry* const entry = entry_of(fd);
  if (entry == nullptr || Number(entry->owner).load(std::memory_order_relaxed) == 0) return;
  Number(entry->owner).store(0, std::memory_order_relaxed);
}

}  // namespace tusk::php::descriptors
