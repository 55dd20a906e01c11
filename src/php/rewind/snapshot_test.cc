#include "php/rewind/snapshot.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "base/unique_fd.h"
#include "php/rewind/test_worker.h"

namespace tusk::php::rewind {
namespace {

constexpr int kRounds = 4;

int data = 7;
int bss = 0;
thread_local int of_thread = 5;
alignas(kPageBytes) std::array<char, 8 * kPageBytes> cold{};
alignas(kPageBytes) std::array<char, 4 * kPageBytes> initialized{'i'};

class SnapshotTest : public ::testing::Test {
 protected:
  void SetUp() override { TUSK_SKIP_UNDER_SANITIZER(); }

  TestHost host_;
};

TEST_F(SnapshotTest, AllKindsOfMemoryGoBack) {
  host_.expect([](TestWorker& worker) {
    auto* const text = new std::string(100, 'a');
    std::vector<int> numbers{1, 2, 3};
    std::map<std::string, int> names{{"one", 1}};
    volatile int local = 11;
    errno = 0;
    const int round = worker.mark();
    worker.check(data == 7, "data");
    worker.check(bss == 0, "bss");
    worker.check(of_thread == 5, "thread-local storage");
    worker.check(*text == std::string(100, 'a'), "a string of the heap");
    worker.check(numbers == std::vector<int>{1, 2, 3}, "a vector");
    worker.check(names.size() == 1 && names["one"] == 1, "a map");
    worker.check(local == 11, "a local variable");
    worker.check(initialized[2 * kPageBytes] == 0, "a page of data that was never written");
    worker.check(errno == 0, "errno");
    if (round == kRounds) return;
    data = bss = of_thread = -1;
    local = -1;
    errno = E2BIG;
    initialized[2 * kPageBytes] = 'x';
    *text += std::string(5000, 'b');
    numbers.assign(100'000, round);
    names.clear();
    names["two"] = round;
    worker.rewind();
  });
  EXPECT_EQ(host_.facts().round, kRounds);
}

TEST_F(SnapshotTest, AFreedObjectIsThereAgain) {
  host_.expect([](TestWorker& worker) {
    auto object = std::make_unique<std::string>(200, 'o');
    const int round = worker.mark();
    worker.check(object != nullptr && *object == std::string(200, 'o'), "the object");
    if (round == kRounds) return;
    object.reset();
    // Others take its place.
    for (int count = 0; count < 100; ++count) new std::string(200, 'p');
    worker.rewind();
  });
}

TEST_F(SnapshotTest, WhatOnlyTheKernelHasWrittenGoesBack) {
  host_.boot = [] { cold.fill('c'); };
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    worker.check(cold[5 * kPageBytes + 1] == 'c', "the page");
    if (round == kRounds) return;
    const base::UniqueFd zeros(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
    worker.check(::read(zeros.get(), cold.data() + 5 * kPageBytes, 100) == 100, "read()");
    worker.rewind();
  });
}

TEST_F(SnapshotTest, MemoryThatTheHostWritesAfterItsTemplateIsTheWorkers) {
  host_.boot = [] { cold.fill('c'); };
  host_.before_fork = [] { cold[3 * kPageBytes] = 'h'; };
  host_.expect([](TestWorker& worker) {
    cold[4 * kPageBytes] = 'w';
    const int round = worker.mark();
    worker.check(cold[3 * kPageBytes] == 'h', "what the host wrote");
    worker.check(cold[4 * kPageBytes] == 'w', "what the worker wrote before its mark");
    worker.check(cold[5 * kPageBytes] == 'c', "what both left alone");
    if (round == kRounds) return;
    for (std::size_t page = 3; page < 6; ++page) cold[page * kPageBytes] = 'x';
    worker.rewind();
  });
}

// Calls itself to a depth of `depth`, each time with a kilobyte of its own.
[[gnu::noinline]] int at_depth(int depth, const std::function<void()>& function) {
  volatile char locals[1024];  // NOLINT(modernize-avoid-c-arrays): an array of volatile
  locals[depth % 1024] = static_cast<char>(depth % 100);
  if (depth == 0) {
    function();
    return 0;
  }
  const int sum = at_depth(depth - 1, function);
  return sum + locals[depth % 1024];
}

TEST_F(SnapshotTest, AMarkDeepInARecursionBringsItsCallersBack) {
  host_.expect([](TestWorker& worker) {
    int expected = 0;
    for (int depth = 1; depth <= 100; ++depth) expected += depth % 100;
    const int sum = at_depth(100, [&] { worker.mark(); });
    worker.check(sum == expected, "locals of the callers");
    if (worker.value(0)++ == kRounds) return;
    // All callers of mark() have returned, and others have taken their stack.
    at_depth(500, [&] { worker.rewind(); });
  });
  EXPECT_EQ(host_.facts().round, kRounds);
}

TEST_F(SnapshotTest, ADeepRecursionNeedsNoMoreStackThanIsThere) {
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    worker.check(worker.counters().sweeps == 0, "the size of the address space");
    if (round == kRounds) return;
    at_depth(5000, [&] { worker.rewind(); });
  });
}

TEST_F(SnapshotTest, AStackThatHasGrownStaysGrown) {
  host_.settle.stack_bytes = std::size_t{256} << 10;
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    if (round != 0) worker.check(worker.counters().sweeps == 1, "it has grown once");
    if (round == kRounds) return;
    at_depth(3000, [&] { worker.rewind(); });
  });
}

TestWorker* rewound_worker = nullptr;

TEST_F(SnapshotTest, ASignalsHandlerOnItsOwnStackMayRewind) {
  host_.expect([](TestWorker& worker) {
    std::vector<char> stack(std::size_t{64} << 10);
    const stack_t alternate{.ss_sp = stack.data(), .ss_flags = 0, .ss_size = stack.size()};
    ::sigaltstack(&alternate, nullptr);
    rewound_worker = &worker;
    struct sigaction action{};
    action.sa_handler = [](int) { rewound_worker->rewind(); };
    action.sa_flags = SA_ONSTACK;
    ::sigaction(SIGUSR1, &action, nullptr);
    const int round = worker.mark();
    sigset_t blocked;
    ::sigprocmask(SIG_BLOCK, nullptr, &blocked);
    worker.check(::sigismember(&blocked, SIGUSR1) == 0, "SIGUSR1 is blocked");
    worker.check(::sigismember(&blocked, SIGUSR2) == 0, "SIGUSR2 is blocked");
    stack_t now{};
    ::sigaltstack(nullptr, &now);
    worker.check(now.ss_flags == 0, "still on the alternate stack");
    if (round == kRounds) return;
    sigset_t more;
    ::sigemptyset(&more);
    ::sigaddset(&more, SIGUSR2);
    ::sigprocmask(SIG_BLOCK, &more, nullptr);
    ::raise(SIGUSR1);
    worker.check(false, "the handler returned");
  });
  EXPECT_EQ(host_.facts().round, kRounds);
}

volatile int noise = 0;

// They would write memory that has been restored already.
TEST_F(SnapshotTest, SignalsWaitForTheEndOfARewind) {
  host_.expect([](TestWorker& worker) {
    struct sigaction action{};
    action.sa_handler = [](int) { noise = noise + 1; };
    ::sigaction(SIGALRM, &action, nullptr);
    sigset_t alarm;
    ::sigemptyset(&alarm);
    ::sigaddset(&alarm, SIGALRM);
    ::sigprocmask(SIG_BLOCK, &alarm, nullptr);
    const int round = worker.mark();
    worker.check(noise == 0, "a handler has run");
    if (round == 0) {
      const itimerval often{.it_interval = {0, 50}, .it_value = {0, 50}};
      ::setitimer(ITIMER_REAL, &often, nullptr);
    }
    if (round == 3000) return;
    ::sigprocmask(SIG_UNBLOCK, &alarm, nullptr);
    for (char& byte : cold) ++byte;
    worker.rewind();
  });
}

// The kernel keeps the processor's number in thread-local storage.
TEST_F(SnapshotTest, TheKernelsRecordOfTheThreadIsLeft) {
  cpu_set_t all;
  ::sched_getaffinity(0, sizeof all, &all);
  if (CPU_COUNT(&all) < 2) GTEST_SKIP() << "there is one processor only";
  host_.expect([](TestWorker& worker) {
    std::array<int, 2> processors{};
    std::size_t count = 0;
    cpu_set_t allowed;
    ::sched_getaffinity(0, sizeof allowed, &allowed);
    for (int number = 0; number < CPU_SETSIZE && count < 2; ++number) {
      if (CPU_ISSET(number, &allowed)) processors[count++] = number;
    }
    const auto move_to = [&](std::size_t index) {
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(processors[index], &one);
      ::sched_setaffinity(0, sizeof one, &one);
    };
    move_to(0);
    const int round = worker.mark();
    unsigned processor = 0;
    ::syscall(SYS_getcpu, &processor, nullptr, nullptr);
    worker.check(::sched_getcpu() == static_cast<int>(processor), "the processor's number");
    if (round == 200) return;
    move_to(1);
    worker.rewind();
  });
}

TEST_F(SnapshotTest, MemoryThatIsEmptyInAChildIsLeft) {
  static char* wiped = nullptr;
  host_.boot = [] {
    wiped = static_cast<char*>(
        ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ::madvise(wiped, kPageBytes, MADV_WIPEONFORK);
    *wiped = 'h';
  };
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    worker.check(*wiped == round, "the contents");
    if (round == kRounds) return;
    ++*wiped;
    worker.rewind();
  });
}

TEST_F(SnapshotTest, KeptMemoryIsLeft) {
  host_.expect([](TestWorker& worker) {
    int* const kept = worker.kept().make<int>(40);
    // A part of a page that is restored otherwise.
    char* const part = cold.data() + 100;
    const int round = worker.mark({Range::of(part, 8)});
    worker.check(*kept == 40 + round, "kept memory");
    worker.check(cold[99] == 0 && cold[108] == 0, "beside a part of a page");
    worker.check(cold[100] == round && cold[107] == round, "a part of a page");
    if (round == kRounds) return;
    ++*kept;
    for (std::size_t index = 90; index < 120; ++index) ++cold[index];
    worker.rewind();
  });
}

TEST_F(SnapshotTest, FreePagesAreNotRestored) {
  host_.boot = [] { cold.fill('c'); };
  host_.left = {Range::of(cold.data() + 2 * kPageBytes, 2 * kPageBytes)};
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark({Range::of(cold.data() + 2 * kPageBytes, 2 * kPageBytes)});
    worker.check(cold[2 * kPageBytes - 1] == 'c' && cold[4 * kPageBytes] == 'c', "beside");
    worker.check(cold[2 * kPageBytes] == 'c' + round, "the first free byte");
    worker.check(cold[4 * kPageBytes - 1] == 'c' + round, "the last free byte");
    if (round == kRounds) return;
    for (char& byte : cold) ++byte;
    worker.rewind();
  });
}

TEST_F(SnapshotTest, MemoryInUseThatWasFreeInTheTemplateIsCopiedByTheWorker) {
  host_.boot = [] { cold.fill('c'); };
  host_.left = {Range::of(cold.data(), cold.size())};
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    worker.check(worker.counters().copied_pages >= cold.size() / kPageBytes, "own copies");
    worker.check(cold[kPageBytes] == 'c', "the contents");
    if (round == kRounds) return;
    cold[kPageBytes] = 'x';
    worker.rewind();
  });
}

TEST_F(SnapshotTest, OnlyOnceAndNotInTheHost) {
  host_.expect([](TestWorker& worker) {
    worker.mark();
    worker.check(worker.snapshot().mark({}) == Mark::kRefused, "a second mark");
  });
  EXPECT_EQ(in_child([] {
              auto taken = Template::take({});
              Snapshot* const snapshot = *Snapshot::create(*taken, {});
              // Nobody shares this process's memory.
              if (snapshot->mark({}) != Mark::kRefused || *snapshot->refusal() == '\0') ::_exit(1);
            }),
            0);
}

TEST_F(SnapshotTest, AChildOfAScriptCannotRewind) {
  host_.options.lost_memory_exit_code = 9;
  host_.expect([](TestWorker& worker) {
    worker.mark();
    const int status = in_child([&] { worker.snapshot().rewind(); });
    worker.check(WIFEXITED(status) && WEXITSTATUS(status) == 9, "the child's status");
  });
}

}  // namespace
}  // namespace tusk::php::rewind
