#include "exec/process/region.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <ctime>
#include <utility>

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"
#include "base/high_descriptor.h"

namespace tusk::exec::process {

namespace {

base::Result<char*> map(int fd, const RegionLayout& layout) {
  void* const memory =
      ::mmap(nullptr, layout.total_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return base::fail_errno("map the memory of a worker process", errno);
  return static_cast<char*>(memory);
}

}  // namespace

base::Result<Region> Region::create(const RegionLayout& layout) {
  TUSK_CHECK(layout.is_valid());
  base::UniqueFd fd(static_cast<int>(
      ::syscall(SYS_memfd_create, "tusk-worker", MFD_CLOEXEC | MFD_ALLOW_SEALING)));
  if (!fd) return base::fail_errno("make the memory of a worker process", errno);
  if (::ftruncate(fd.get(), static_cast<off_t>(layout.total_bytes())) != 0)
    return base::fail_errno("make the memory of a worker process", errno);
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return base::fail_errno("seal the memory of a worker process", errno);
  const base::Result<char*> memory = map(fd.get(), layout);
  if (!memory) return std::unexpected(memory.error());
  return Region(base::above_low_numbers(std::move(fd)), *memory, layout);
}

base::Result<Region> Region::attach(int fd, const RegionLayout& layout) {
  struct stat status{};
  if (::fstat(fd, &status) != 0)
    return base::fail_errno("map the memory of a worker process", errno);
  if (static_cast<std::uint64_t>(status.st_size) != layout.total_bytes())
    return base::fail("the memory of a worker process has another size than expected");
  const base::Result<char*> memory = map(fd, layout);
  if (!memory) return std::unexpected(memory.error());
  return Region(base::UniqueFd(), *memory, layout);
}

Region::Region(Region&& other) noexcept
    : fd_(std::move(other.fd_)),
      memory_(std::exchange(other.memory_, nullptr)),
      layout_(other.layout_) {}

Region& Region::operator=(Region&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(memory_, other.memory_);
  std::swap(layout_, other.layout_);
  return *this;
}

Region::~Region() {
  if (memory_ != nullptr) ::munmap(memory_, layout_.total_bytes());
}

std::span<char> Region::request(std::size_t slot) const {
  return {memory_ + layout_.control_bytes() + slot * layout_.slot_bytes(), layout_.request_bytes};
}

std::span<char> Region::response(std::size_t slot) const {
  return {request(slot).data() + layout_.request_bytes, layout_.response_bytes};
}

// SIGRTMIN is PHP's, and the next one ends a worker's system calls (php/interrupt/time_limits.h).
int time_signal() { return SIGRTMIN + 2; }

void wait_on(std::atomic<std::uint32_t>& word, std::uint32_t seen, base::Duration most) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(most);
  const timespec timeout{seconds.count(), (most - seconds).count()};
  ::syscall(SYS_futex, &word, FUTEX_WAIT, seen, &timeout, nullptr, 0);
}

void wait_on(std::atomic<std::uint32_t>& word, std::uint32_t seen) {
  ::syscall(SYS_futex, &word, FUTEX_WAIT, seen, nullptr, nullptr, 0);
}

void wake_on(std::atomic<std::uint32_t>& word) {
  ::syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

}  // namespace tusk::exec::process
