// Which pages a rewind restores, and when it looks for them.
#include <array>
#include <csignal>
#include <cstring>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "php/rewind/page_map.h"
#include "php/rewind/snapshot.h"
#include "php/rewind/test_worker.h"

namespace tusk::php::rewind {
namespace {

constexpr std::size_t kPages = 64;
alignas(
    kPageBytes) std::array<char, kPages * kPageBytes> memory{};  // of which each test writes some
alignas(kPageBytes) std::array<char, kPages * kPageBytes> zeros{};  // never written before the mark

class RestoredPagesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    TUSK_SKIP_UNDER_SANITIZER();
    host_.boot = [] { memory.fill('c'); };
  }

  TestHost host_;
};

TEST_F(RestoredPagesTest, ARequestThatWritesTheSamePagesNeedsNoLook) {
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    worker.check(memory[kPageBytes] == 'c', "the page");
    // The first request finds the pages; one or two more those that its end writes.
    if (round == 3) worker.value(0) = worker.counters().looks;
    if (round == 1000) {
      worker.check(worker.counters().looks == worker.value(0), "no look since the third request");
      worker.check(worker.counters().rewinds == 1000, "rewinds");
      return;
    }
    memory[kPageBytes] = 'x';
    worker.rewind();
  });
  EXPECT_GE(host_.facts().values[0], 1U);
}

// Maps what is in the program's and the libraries' code already, so that running it does not fault.
void map_code() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(" r-xp ") == std::string::npos || line.find('/') == std::string::npos) continue;
    const std::uintptr_t begin = std::stoull(line, nullptr, 16);
    const std::uintptr_t end = std::stoull(line.substr(line.find('-') + 1), nullptr, 16);
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_POPULATE_READ);
  }
}

TEST_F(RestoredPagesTest, APageThatIsTheWorkersOwnAtTheMarkNeedsNoLook) {
  host_.expect([](TestWorker& worker) {
    map_code();
    memory[kPageBytes] = 'w';
    const int round = worker.mark();
    worker.check(memory[kPageBytes] == 'w', "the page");
    if (round == 1) {
      worker.value(0) = worker.counters().looks;
      return;
    }
    memory[kPageBytes] = 'x';
    worker.rewind();
  });
  if (host_.facts().values[0] != 0) GTEST_SKIP() << "the first request had a page fault";
}

TEST_F(RestoredPagesTest, APageIsFoundInWhicheverRequestItIsWritten) {
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    for (std::size_t page = 0; page < kPages; ++page) {
      worker.check(memory[page * kPageBytes] == 'c', "a page");
    }
    if (round == static_cast<int>(kPages)) return;
    memory[static_cast<std::size_t>(round) * kPageBytes] = 'x';
    worker.rewind();
  });
}

TEST_F(RestoredPagesTest, OnlyPagesThatWereWrittenAreHot) {
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    if (round == 2) worker.value(0) = worker.counters().hot_pages;
    if (round == 3) {
      worker.check(worker.counters().hot_pages == worker.value(0) + 10, "ten pages more");
      return;
    }
    if (round == 2) std::memset(memory.data() + 7 * kPageBytes + 1, 'x', 9 * kPageBytes);
    worker.rewind();
  });
}

TEST_F(RestoredPagesTest, TooManyAskForAnotherWorker) {
  host_.options.hot_page_limit = 60;
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    worker.check(memory[9 * kPageBytes] == 'c', "the contents");
    const bool full = round > static_cast<int>(kPages);
    worker.check(!full || worker.snapshot().replacement() == Replacement::kHotPages,
                 to_string(worker.snapshot().replacement()));
    if (worker.counters().hot_pages <= 60) {
      worker.check(worker.snapshot().replacement() == Replacement::kNone, "too early");
    }
    if (full) return;
    memory[static_cast<std::size_t>(round) % kPages * kPageBytes] = 'x';
    worker.rewind();
  });
}

TEST_F(RestoredPagesTest, AZeroPageIsGivenBackOnceAndThenHot) {
  host_.expect([](TestWorker& worker) {
    const PageMap page_map(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
    std::array<PageState, kPages> states;
    const int round = worker.mark();
    page_map.read(reinterpret_cast<std::uintptr_t>(zeros.data()), states);
    std::uint64_t present = 0;
    for (const PageState state : states) present += state.is_present() ? 1U : 0U;
    for (const char byte : zeros) worker.check(byte == 0, "a zero page");
    // The check itself maps the zero page, which is gone only where it was given back.
    if (round == 1) worker.check(present == 0, "given back");
    if (round == 2) {
      worker.check(present == kPages, "hot");
      return;
    }
    zeros.fill('x');
    worker.rewind();
  });
}

std::uint64_t* host_has_written = nullptr;

// If the others that shared a page end or write it, it looks like one that this worker has written.
TEST_F(RestoredPagesTest, PagesThatBecomeTheWorkersOwnUnwrittenGoBackToo) {
  host_.boot = [this] {
    memory.fill('c');
    host_has_written = host_.value(1);
    struct sigaction action{};
    action.sa_handler = [](int) {
      memory.fill('h');
      *host_has_written = 1;
    };
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGUSR1, &action, nullptr);
  };
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    for (std::size_t page = 0; page < kPages; ++page) {
      worker.check(memory[page * kPageBytes] == 'c', "a page");
    }
    if (round == 2) worker.check(worker.counters().hot_pages >= kPages, "they are hot");
    if (round == 6) return;
    if (round == 1) {
      ::kill(::getppid(), SIGUSR1);
      while (*static_cast<volatile std::uint64_t*>(&worker.value(1)) == 0) ::usleep(100);
    }
    memory[static_cast<std::size_t>(round) * kPageBytes] = 'x';
    worker.rewind();
  });
}

TEST_F(RestoredPagesTest, PagesThatWereDiscardedAreThereAgain) {
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    worker.check(memory[2 * kPageBytes] == 'c' && memory[3 * kPageBytes] == 'c', "the contents");
    if (round == 4) return;
    // Even if nobody tells of it, an absent page is missed.
    ::syscall(SYS_madvise, memory.data() + 2 * kPageBytes, 2 * kPageBytes, MADV_DONTNEED);
    worker.check(memory[3 * kPageBytes] == 0, "discarded");
    memory[3 * kPageBytes] = 'x';
    worker.rewind();
  });
}

// A fork shares pages that were written, so they are no longer seen as this process's own.
void fork_after_writing(TestWorker& worker, bool tell) {
  const int round = worker.mark();
  for (std::size_t page = 0; page < kPages; ++page) {
    worker.check(memory[page * kPageBytes] == 'c', "a page");
  }
  const std::uint64_t told = worker.counters().comparisons;
  worker.check(told == static_cast<std::uint64_t>(round + 1) / 2, "comparisons");
  if (round == 8) return;
  memory[static_cast<std::size_t>(round) * kPageBytes] = 'x';
  if (round % 2 == 0) {
    const auto child = static_cast<pid_t>(::syscall(SYS_fork));
    if (child == 0) {
      ::pause();
      ::_exit(0);
    }
    worker.value(static_cast<std::size_t>(round)) = static_cast<std::uint64_t>(child);
    if (tell) worker.snapshot().forked();
  } else {
    // The child lives through the next request.
    ::kill(static_cast<pid_t>(worker.value(static_cast<std::size_t>(round) - 1)), SIGKILL);
  }
  memory[static_cast<std::size_t>(round + 20) * kPageBytes] = 'x';
  worker.rewind();
}

TEST_F(RestoredPagesTest, AForkThatIsToldOfLeadsToAComparison) {
  host_.expect([](TestWorker& worker) { fork_after_writing(worker, true); });
}

TEST_F(RestoredPagesTest, AForkThatNobodyTellsOfIsNoticed) {
  host_.expect([](TestWorker& worker) { fork_after_writing(worker, false); });
}

// The child's faults are not the worker's.
TEST_F(RestoredPagesTest, WhatAChildWritesInTheWorkersMemoryIsFound) {
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    for (std::size_t page = 0; page < kPages; ++page) {
      worker.check(memory[page * kPageBytes] == 'c', "a page");
    }
    if (round == static_cast<int>(kPages)) return;
    char* const written = memory.data() + static_cast<std::size_t>(round) * kPageBytes;
    const pid_t child = ::vfork();
    if (child == 0) {
      *written = 'v';
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    worker.snapshot().spawned();
    worker.check(*written == 'v', "the child's memory");
    worker.rewind();
  });
}

constexpr std::size_t kHugePage = std::size_t{2} << 20;

// The kernel makes one huge page of 512 pages, which it can do at any time where transparent huge
// pages are not turned off. It is written without a fault, and nothing would be found.
TEST_F(RestoredPagesTest, PagesAreNotPutTogetherToAHugeOne) {
  constexpr int kCollapse = 25;  // MADV_COLLAPSE
  static char* huge = nullptr;
  host_.boot = [] {
    void* const all =
        ::mmap(nullptr, 2 * kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    huge = reinterpret_cast<char*>((reinterpret_cast<std::uintptr_t>(all) + kHugePage - 1) &
                                   ~(kHugePage - 1));
    std::memset(huge, 'c', kHugePage);
  };
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    worker.check(huge[100 * kPageBytes] == 'c', "the page");
    if (round == 6) return;
    const bool collapsed = ::syscall(SYS_madvise, huge, kHugePage, kCollapse) == 0;
    worker.check(!collapsed, "a huge page was made");
    if (round > 2) huge[100 * kPageBytes] = 'x';
    worker.rewind();
  });
}

TEST_F(RestoredPagesTest, SwappedPagesGoBack) {
  static bool swapped = false;
  const int status = host_.run([](TestWorker& worker) {
    const PageMap page_map(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
    const int round = worker.mark();
    worker.check(memory[kPageBytes] == 'c' && memory[8 * kPageBytes] == 'c', "a page");
    if (round == 4) return;
    memory[kPageBytes] = 'x';
    ::madvise(memory.data(), memory.size(), MADV_PAGEOUT);
    PageState state;
    page_map.read(reinterpret_cast<std::uintptr_t>(memory.data() + kPageBytes), {&state, 1});
    if (state.is_swapped()) worker.value(0) = 1;
    worker.rewind();
  });
  EXPECT_EQ(status, 0);
  swapped = host_.facts().values[0] == 1;
  if (!swapped) GTEST_SKIP() << "there is no swap space, so no page was swapped";
}

}  // namespace
}  // namespace tusk::php::rewind
