#include "php/rewind/marked_descriptors.h"

#include <algorithm>
#include <climits>
#include <cstring>

#include <fcntl.h>

#include "php/rewind/raw_call.h"

namespace tusk::php::rewind {

namespace {

// What getdents64() returns; libc has no declaration of it.
struct Entry {
  std::uint64_t inode;
  std::int64_t offset;
  std::uint16_t bytes;
  std::uint8_t type;
  char name[1];
};

// -1: not a number.
int number_of(const char* name) noexcept {
  int number = 0;
  if (*name == '\0') return -1;
  for (; *name != '\0'; ++name) {
    if (*name < '0' || *name > '9' || number > INT_MAX / 10 - 1) return -1;
    number = number * 10 + (*name - '0');
  }
  return number;
}

long close_range(int first, unsigned last) noexcept {
  return raw_call(SYS_close_range, first, last, 0);
}

}  // namespace

const char* MarkedDescriptors::take(std::span<char> buffer) noexcept {
  const long directory =
      raw_call(SYS_openat, AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (directory < 0) return "/proc/self/fd cannot be read";
  const char* problem = nullptr;
  for (;;) {
    const long bytes = raw_call(SYS_getdents64, directory, buffer.data(), buffer.size());
    if (bytes < 0) problem = "/proc/self/fd cannot be read";
    if (bytes <= 0) break;
    for (long from = 0; from < bytes;) {
      const char* const entry = buffer.data() + from;
      std::uint16_t length = 0;
      std::memcpy(&length, entry + offsetof(Entry, bytes), sizeof length);
      from += length;
      const int fd = number_of(entry + offsetof(Entry, name));
      if (fd < 0 || fd == directory) continue;
      const auto number = static_cast<std::size_t>(fd);
      if (number >= kMost) {
        problem = "a descriptor has a number above 65535";
        continue;
      }
      open_[number / 64] |= std::uint64_t{1} << (number % 64);
      highest_ = std::max(highest_, fd);
    }
  }
  raw_call(SYS_close, directory);
  if (problem != nullptr) return problem;
  if (close_range(highest_ + 1, UINT_MAX) != 0) return "the kernel has no close_range()";
  return find_gaps() ? nullptr : "the numbers of the open descriptors have too many gaps";
}

bool MarkedDescriptors::find_gaps() noexcept {
  for (int fd = 0; fd < highest_; ++fd) {
    if (is_marked(fd)) continue;
    if (gap_count_ != 0 && gaps_[gap_count_ - 1].last == fd - 1) {
      gaps_[gap_count_ - 1].last = fd;
    } else if (gap_count_ == gaps_.size()) {
      return false;
    } else {
      gaps_[gap_count_++] = {fd, fd};
    }
  }
  return true;
}

void MarkedDescriptors::close_others() const noexcept {
  for (std::size_t gap = 0; gap < gap_count_; ++gap) {
    close_range(gaps_[gap].first, static_cast<unsigned>(gaps_[gap].last));
  }
  close_range(highest_ + 1, UINT_MAX);
}

}  // namespace tusk::php::rewind
