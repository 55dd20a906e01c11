#include "observe/scoreboard/scoreboard.h"

#include <algorithm>
#include <cerrno>
#include <new>
#include <string_view>

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "observe/log.h"

namespace tusk::observe::inline scoreboard {

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::uint64_t kMagic = 0x6b73'7574'7262'6373;
// To be changed when the meaning of something in the memory changes, but no size does.
constexpr std::uint64_t kLayoutVersion = 1;

constexpr std::size_t whole_pages(std::size_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

// FNV-1a.
struct LayoutHash {
  std::uint64_t value = 0xcbf2'9ce4'8422'2325;

  constexpr void add(std::uint64_t number) {
    for (int byte = 0; byte < 8; ++byte) {
      value = (value ^ (number >> (8 * byte) & 0xff)) * 0x100'0000'01b3;
    }
  }
  constexpr void add(std::string_view text) {
    for (const char letter : text) add(static_cast<std::uint64_t>(letter));
    add(text.size());
  }
};

// Differs where two builds of tusk would not find the same values in the same places.
constexpr std::uint64_t layout() {
  LayoutHash hash;
  hash.add(kLayoutVersion);
  for (const std::size_t bytes :
       {sizeof(Scoreboard::Totals), sizeof(RecentEvents), sizeof(ProcessFacts), sizeof(WorkerSlot),
        sizeof(LoopSlot), sizeof(MetricsShard)}) {
    hash.add(bytes);
  }
  for (const std::string_view kind : kEventKinds) hash.add(kind);
  for (const MetricSpec& spec : kMetrics) {
    if (spec.source != MetricSource::kShards) continue;
    hash.add(spec.name);
    hash.add(static_cast<std::uint64_t>(spec.type));
    for (const std::span<const std::string_view> values : {spec.labels.values, spec.labels.values2})
      for (const std::string_view value : values) hash.add(value);
  }
  for (const std::uint64_t bound : kBucketBounds_ns) hash.add(bound);
  for (const std::uint64_t bound : kMemoryBounds_bytes) hash.add(bound);
  return hash.value;
}

base::Result<std::byte*> map(int fd, std::size_t bytes) {
  const int kind = fd >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, kind | MAP_NORESERVE, fd, 0);
  if (memory == MAP_FAILED) return base::fail_errno("cannot map the scoreboard", errno);
  // Most of it is never written, in huge pages it would take memory; and a core dump needs none of
  // it.
  (void)::madvise(memory, bytes, MADV_NOHUGEPAGE);
  (void)::madvise(memory, bytes, MADV_DONTDUMP);
  return static_cast<std::byte*>(memory);
}

// The memory that this process shares with others. Written before the process has other threads.
std::byte* attached_memory = nullptr;
std::size_t attached_bytes = 0;

// In a child that a script has forked: what it counts from here on is not the server's.
void separate_in_child() {
  if (attached_memory == nullptr) return;
  (void)::mmap(attached_memory, attached_bytes, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

}  // namespace

struct Scoreboard::Head {
  std::uint64_t magic;
  std::uint64_t layout;
  Size size;
  Totals totals;
};

constexpr std::size_t Scoreboard::kEventsAt = whole_pages(sizeof(Head));

std::size_t Scoreboard::bytes_of_place(const Size& size) {
  return whole_pages(size.workers * sizeof(WorkerSlot)) +
         whole_pages(size.loops * sizeof(LoopSlot)) +
         whole_pages(size.shards() * sizeof(MetricsShard));
}

// In this order: the head, the events, the facts of each place, and the places.
std::size_t Scoreboard::bytes_before_places(const Size& size) {
  return kEventsAt + whole_pages(sizeof(RecentEvents)) +
         whole_pages(size.places * sizeof(ProcessFacts));
}

std::size_t Scoreboard::bytes_of(const Size& size) {
  return bytes_before_places(size) + size.places * bytes_of_place(size);
}

base::Result<Scoreboard> Scoreboard::make_shared(Size size) {
  // Beyond the limit, ftruncate() ends the process by SIGXFSZ.
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < bytes_of(size)) {
    return base::fail_errno("cannot make the scoreboard", EFBIG);
  }
  base::UniqueFd file(::memfd_create("tusk-scoreboard", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const std::size_t bytes = bytes_of(size);
  // Sealed: a process that made it smaller would end all others by SIGBUS.
  if (!file || ::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0 ||
      ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return base::fail_errno("cannot make the scoreboard", errno);
  }
  base::Result<std::byte*> memory = map(file.get(), bytes);
  if (!memory) return std::unexpected(memory.error());
  Scoreboard made(std::move(file), *memory, size);
  made.write_head();
  return made;
}

base::Result<Scoreboard> Scoreboard::make_private(Size size) {
  base::Result<std::byte*> memory = map(-1, bytes_of(size));
  if (!memory) return std::unexpected(memory.error());
  Scoreboard made({}, *memory, size);
  made.write_head();
  return made;
}

base::Result<Scoreboard> Scoreboard::attach(base::UniqueFd file) {
  constexpr const char* kOther = "the scoreboard is that of another version of tusk";
  constexpr std::uint32_t kMost = 1U << 16U;
  Head head;
  struct stat status{};
  if (::fstat(file.get(), &status) != 0 ||
      ::pread(file.get(), static_cast<void*>(&head), sizeof head, 0) != ssize_t{sizeof head} ||
      head.magic != kMagic || head.layout != layout()) {
    return base::fail(kOther);
  }
  const Size size = head.size;
  const int seals = ::fcntl(file.get(), F_GET_SEALS);
  if (size.places > kMost || size.workers > kMost || size.loops > kMost ||
      static_cast<std::size_t>(status.st_size) != bytes_of(size) || seals < 0 ||
      (seals & F_SEAL_SHRINK) == 0) {
    return base::fail("the scoreboard is damaged");
  }
  base::Result<std::byte*> memory = map(file.get(), bytes_of(size));
  if (!memory) return std::unexpected(memory.error());
  if (attached_memory == nullptr) (void)::pthread_atfork(nullptr, nullptr, separate_in_child);
  attached_memory = *memory;
  attached_bytes = bytes_of(size);
  return Scoreboard(std::move(file), *memory, size);
}

Scoreboard::~Scoreboard() {
  if (memory_ == nullptr) return;
  if (memory_ == attached_memory) attached_memory = nullptr;
  ::munmap(memory_, bytes_of(size_));
}

void Scoreboard::write_head() const {
  Head& head = *::new (static_cast<void*>(memory_)) Head{};
  head.magic = kMagic;
  head.layout = layout();
  head.size = size_;
}

Scoreboard::Totals& Scoreboard::totals() const { return reinterpret_cast<Head*>(memory_)->totals; }

RecentEvents& Scoreboard::events() const {
  return *reinterpret_cast<RecentEvents*>(memory_ + kEventsAt);
}

ProcessFacts& Scoreboard::facts(std::size_t place) const {
  TUSK_CHECK(place < size_.places);
  std::byte* const first = memory_ + kEventsAt + whole_pages(sizeof(RecentEvents));
  return reinterpret_cast<ProcessFacts*>(first)[place];
}

std::byte* Scoreboard::body(std::size_t place) const {
  TUSK_CHECK(place < size_.places);
  return memory_ + bytes_before_places(size_) + place * bytes_of_place(size_);
}

std::span<WorkerSlot> Scoreboard::workers(std::size_t place) const {
  return {reinterpret_cast<WorkerSlot*>(body(place)), size_.workers};
}

std::span<LoopSlot> Scoreboard::loops(std::size_t place) const {
  std::byte* const at = body(place) + whole_pages(size_.workers * sizeof(WorkerSlot));
  return {reinterpret_cast<LoopSlot*>(at), size_.loops};
}

std::span<MetricsShard> Scoreboard::shards(std::size_t place) const {
  std::byte* const at = body(place) + whole_pages(size_.workers * sizeof(WorkerSlot)) +
                        whole_pages(size_.loops * sizeof(LoopSlot));
  return {reinterpret_cast<MetricsShard*>(at), size_.shards()};
}

std::span<WorkerSlot> Scoreboard::used_workers(std::size_t place) const {
  const std::uint32_t used = facts(place).workers.load(std::memory_order_acquire);
  return workers(place).first(std::min(used, size_.workers));
}

std::span<LoopSlot> Scoreboard::used_loops(std::size_t place) const {
  const std::uint32_t used = facts(place).loops.load(std::memory_order_acquire);
  return loops(place).first(std::min(used, size_.loops));
}

std::span<MetricsShard> Scoreboard::used_shards(std::size_t place) const {
  const std::uint32_t used = facts(place).shards.load(std::memory_order_acquire);
  return shards(place).first(std::min(used, size_.shards()));
}

void Scoreboard::clear(std::size_t place) const {
  ProcessFacts& facts = this->facts(place);
  for (MetricsShard& shard : used_shards(place)) shard.clear_gauges();
  for (WorkerSlot& slot : used_workers(place)) slot.clear();
  for (LoopSlot& slot : used_loops(place)) slot.assign(LoopSlot::kNoShard);
  for (PublishedPool& pool : facts.pools) pool.clear_gauges();
  facts.pid.store(0, std::memory_order_relaxed);
  facts.phase.store(ProcessPhase::kNone, std::memory_order_relaxed);
  facts.workers.store(0, std::memory_order_relaxed);
  facts.loops.store(0, std::memory_order_relaxed);
}

}  // namespace tusk::observe::inline scoreboard
