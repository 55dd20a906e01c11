// What a rewind costs (src/php/rewind/): build/release/bench/rewind_bench
//
// Processor time in microseconds, the median of many rounds. The worker that is rewound takes it,
// so it is in memory that it shares. The clock itself costs about half a microsecond.

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "php/rewind/settled_process.h"
#include "php/rewind/snapshot.h"

namespace {

using tusk::php::rewind::KeptMemory;
using tusk::php::rewind::kPageBytes;
using tusk::php::rewind::Mark;
using tusk::php::rewind::Range;
using tusk::php::rewind::settle_process;
using tusk::php::rewind::Snapshot;
using tusk::php::rewind::Template;

constexpr int kRounds = 2000;

struct Shared {
  std::array<double, kRounds + 1> times_us;
  int round;
  double begin_us;
  double mark_us;
  Snapshot::Counters counters;
};

struct Load {
  std::size_t memory_bytes = 0;  // written by the host
  std::size_t pages = 0;         // written by each request
  std::size_t apart = 1;         // pages from one to the next
  std::size_t mapped_bytes = 0;  // mapped and written by each request
  bool look = false;             // each request has a page fault
};

double now_us() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

// Runs in the worker. What each request does is not counted.
void serve(const Template& from, const Load& load, char* memory, char* left, Shared& shared) {
  auto kept = KeptMemory::create(kPageBytes);
  auto snapshot = Snapshot::create(from, {});
  const std::array<Range, 2> ranges{kept->range(), Range::of(left, std::size_t{64} << 20)};
  shared.begin_us = now_us();
  const Mark mark = (*snapshot)->mark(ranges);
  if (mark == Mark::kRefused) {
    std::printf("refused: %s\n", (*snapshot)->refusal());
    ::_exit(1);
  }
  const double took = now_us() - shared.begin_us;
  if (mark == Mark::kMarked) {
    shared.mark_us = took;
  } else {
    shared.times_us[static_cast<std::size_t>(shared.round++)] = took;
  }
  shared.counters = (*snapshot)->counters();
  if (shared.round == kRounds) ::_exit(0);
  for (std::size_t page = 0; page < load.pages; ++page) {
    memory[page * load.apart * kPageBytes] = 'x';
  }
  if (load.look) left[static_cast<std::size_t>(shared.round) * kPageBytes] = 'x';
  if (load.mapped_bytes != 0) {
    void* const mapped = ::mmap(nullptr, load.mapped_bytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    std::memset(mapped, 'x', load.mapped_bytes);
  }
  shared.begin_us = now_us();
  (*snapshot)->rewind();
}

void measure(const char* name, const Load& load) {
  auto* const shared = static_cast<Shared*>(
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (const pid_t host = ::fork(); host != 0) {
    ::waitpid(host, nullptr, 0);
  } else {
    if (!settle_process({})) ::_exit(1);
    const auto map = [](std::size_t bytes) {
      return static_cast<char*>(
          ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    };
    char* const memory = map(load.memory_bytes);
    char* const left = map(std::size_t{64} << 20);
    std::memset(memory, 'm', load.memory_bytes);
    const double begin = now_us();
    auto made = Template::take({});
    const double taken = now_us() - begin;
    std::printf("%-44s template %6.0f", name, taken);
    if (::fork() == 0) serve(*made, load, memory, left, *shared);
    ::wait(nullptr);
    ::_exit(0);
  }
  std::sort(shared->times_us.begin(), shared->times_us.begin() + shared->round);
  std::printf("  mark %6.0f  rewind %7.2f  looks %4d  hot %4d\n", shared->mark_us,
              shared->times_us[static_cast<std::size_t>(shared->round) / 2],
              static_cast<int>(shared->counters.looks),
              static_cast<int>(shared->counters.hot_pages));
  ::munmap(shared, sizeof(Shared));
}

}  // namespace

int main() {
  std::setvbuf(stdout, nullptr, _IONBF, 0);  // processes are forked between the parts of a line
  constexpr std::size_t kMegabyte = std::size_t{1} << 20;
  measure("nothing written", {.memory_bytes = 8 * kMegabyte});
  measure("30 pages", {.memory_bytes = 8 * kMegabyte, .pages = 30, .apart = 3});
  measure("100 pages", {.memory_bytes = 8 * kMegabyte, .pages = 100, .apart = 3});
  measure("160 pages", {.memory_bytes = 8 * kMegabyte, .pages = 160, .apart = 3});
  measure("160 adjacent pages", {.memory_bytes = 8 * kMegabyte, .pages = 160});
  measure("30 pages, 64 MB", {.memory_bytes = 64 * kMegabyte, .pages = 30, .apart = 3});
  measure("30 pages, 8 MB, a look each time",
          {.memory_bytes = 8 * kMegabyte, .pages = 30, .apart = 3, .look = true});
  measure("30 pages, 64 MB, a look each time",
          {.memory_bytes = 64 * kMegabyte, .pages = 30, .apart = 3, .look = true});
  measure("30 pages, 8 MB, 2 MB mapped each time",
          {.memory_bytes = 8 * kMegabyte, .pages = 30, .apart = 3, .mapped_bytes = 2 * kMegabyte});
}
