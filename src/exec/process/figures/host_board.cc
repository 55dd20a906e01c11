#include "exec/process/figures/host_board.h"

#include <cerrno>
#include <numeric>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tusk::exec::process {

namespace {

constexpr std::size_t kPageBytes = 4096;
static_assert(sizeof(HostPage) <= kPageBytes);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

// Sums of larger values would be no counts of the other hosts any more.
constexpr std::uint64_t kMost = std::uint64_t{1} << 48;

base::Result<HostPage*> map(int fd) {
  void* const memory = ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return base::fail_errno("map the page of a PHP host", errno);
  return static_cast<HostPage*>(memory);
}

std::uint64_t load(const std::atomic<std::uint64_t>& from) noexcept {
  return from.load(std::memory_order_relaxed);
}

// Most values are the same as before, and the cache line stays shared by all workers.
void store(std::atomic<std::uint64_t>& to, std::uint64_t value) noexcept {
  if (load(to) != value) to.store(value, std::memory_order_relaxed);
}

bool is_possible(const observe::OpcacheState& state) noexcept {
  bool possible = state.hits <= kMost && state.misses <= kMost;
  for (const std::uint64_t count : state.restarts) possible = possible && count <= kMost;
  for (const std::uint64_t figure : state.use.values()) possible = possible && figure <= kMost;
  return possible;
}

}  // namespace

base::Result<HostBoard> HostBoard::create() {
  base::UniqueFd fd(
      static_cast<int>(::syscall(SYS_memfd_create, "tusk-host", MFD_CLOEXEC | MFD_ALLOW_SEALING)));
  if (!fd || ::ftruncate(fd.get(), kPageBytes) != 0)
    return base::fail_errno("make the page of a PHP host", errno);
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return base::fail_errno("seal the page of a PHP host", errno);
  const base::Result<HostPage*> page = map(fd.get());
  if (!page) return std::unexpected(page.error());
  return HostBoard(std::move(fd), *page);
}

base::Result<HostBoard> HostBoard::attach(int fd) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return base::fail_errno("map the page of a PHP host", errno);
  if (static_cast<std::size_t>(status.st_size) != kPageBytes)
    return base::fail("the page of the PHP host has another size than expected");
  const base::Result<HostPage*> page = map(fd);
  if (!page) return std::unexpected(page.error());
  return HostBoard(base::UniqueFd(), *page);
}

HostBoard::~HostBoard() {
  if (page_ != nullptr) ::munmap(page_, kPageBytes);
}

// OPcache counts its lookups from zero after each restart, so they are added up here. The
// first worker that sees a restart adds what was shown before it: meanwhile no request has used the
// cache.
void HostBoard::show(const observe::OpcacheState& now) const noexcept {
  const std::uint64_t restarts =
      std::accumulate(now.restarts.begin(), now.restarts.end(), std::uint64_t{0});
  std::uint64_t seen = page_->seen_restarts.load(std::memory_order_acquire);
  if (restarts < seen) return;  // it looked before the restart
  if (restarts > seen) {
    const std::uint64_t hits = load(page_->hits);
    const std::uint64_t misses = load(page_->misses);
    if (page_->seen_restarts.compare_exchange_strong(seen, restarts, std::memory_order_acq_rel)) {
      page_->past_hits.fetch_add(hits, std::memory_order_relaxed);
      page_->past_misses.fetch_add(misses, std::memory_order_relaxed);
    }
  }
  store(page_->hits, now.hits);
  store(page_->misses, now.misses);
  store(page_->restart_pending, now.restart_pending ? 1 : 0);
  for (std::size_t i = 0; i < now.restarts.size(); ++i) store(page_->restarts[i], now.restarts[i]);
  for (std::size_t i = 0; i < observe::kOpcacheFigures; ++i)
    store(page_->figures[i], now.use.values()[i]);
}

observe::OpcacheState HostBoard::read() const noexcept {
  observe::OpcacheState state;
  for (std::size_t i = 0; i < state.restarts.size(); ++i)
    state.restarts[i] = load(page_->restarts[i]);
  state.hits = load(page_->past_hits) + load(page_->hits);
  state.misses = load(page_->past_misses) + load(page_->misses);
  state.restart_pending = load(page_->restart_pending) != 0;
  observe::OpcacheUse::Values values{};
  for (std::size_t i = 0; i < observe::kOpcacheFigures; ++i) values[i] = load(page_->figures[i]);
  state.use = observe::OpcacheUse(values);
  return is_possible(state) ? state : observe::OpcacheState();
}

}  // namespace tusk::exec::process
