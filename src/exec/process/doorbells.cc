#include "exec/process/doorbells.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace tusk::exec::process {

namespace {

constexpr std::size_t kPageBytes = 4096;
static_assert(sizeof(SleepingLoops) <= kPageBytes);

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

base::Result<SleepingLoops*> map(int fd, int protection) {
  void* const memory = ::mmap(nullptr, kPageBytes, protection, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return base::fail_errno("map the page of sleeping loops", errno);
  return static_cast<SleepingLoops*>(memory);
}

}  // namespace

base::Result<Doorbells> Doorbells::create() {
  base::UniqueFd fd(
      static_cast<int>(::syscall(SYS_memfd_create, "tusk-loops", MFD_CLOEXEC | MFD_ALLOW_SEALING)));
  if (!fd || ::ftruncate(fd.get(), kPageBytes) != 0)
    return base::fail_errno("make the page of sleeping loops", errno);
  const base::Result<SleepingLoops*> page = map(fd.get(), PROT_READ | PROT_WRITE);
  if (!page) return std::unexpected(page.error());
  if (::fcntl(fd.get(), F_ADD_SEALS,
              F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) != 0)
    return base::fail_errno("seal the page of sleeping loops", errno);
  return Doorbells(std::move(fd), *page);
}

Doorbells::Doorbells(Doorbells&& other) noexcept
    : fd_(std::move(other.fd_)), page_(std::exchange(other.page_, nullptr)) {}

Doorbells::~Doorbells() {
  if (page_ != nullptr) ::munmap(page_, kPageBytes);
}

base::Result<base::UniqueFd> Doorbells::make_eventfd() {
  // Not blocking, or a worker that fills the counter would hold the others in ring().
  base::UniqueFd eventfd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!eventfd) return base::fail_errno("make a doorbell of a loop", errno);
  return eventfd;
}

void Doorbells::clear(int eventfd) {
  std::uint64_t count = 0;
  const iovec part{&count, sizeof count};
  [[maybe_unused]] const ssize_t got = ::preadv2(eventfd, &part, 1, -1, RWF_NOWAIT);
}

base::Result<DoorbellRinger> DoorbellRinger::attach(int page,
                                                    std::vector<base::UniqueFd> eventfds) {
  const base::Result<SleepingLoops*> mapped = map(page, PROT_READ);
  if (!mapped) return std::unexpected(mapped.error());
  return DoorbellRinger(*mapped, std::move(eventfds));
}

// A loop that is rung may still be in the same sleep for several responses, because it waits for a
// processor. One write is enough, and costs as much as a tenth of a short script.
void DoorbellRinger::ring(std::uint32_t loop) {
  if (loop >= eventfds_.size() || loop >= kMostLoops) return;
  const std::uint64_t sleep = page_->loops[loop].sleeping.load(std::memory_order_seq_cst);
  if (sleep == 0 || sleep == rung_[loop]) return;
  rung_[loop] = sleep;
  const std::uint64_t one = 1;
  // This fails only if the counter is full, and then the loop is awake too.
  [[maybe_unused]] const ssize_t written = ::write(eventfds_[loop].get(), &one, sizeof one);
}

}  // namespace tusk::exec::process
