// What a rewind undoes of mappings and threads that libc makes for itself.
#include <clocale>
#include <ctime>

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <iconv.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "php/rewind/raw_call.h"
#include "php/rewind/test_worker.h"

namespace tusk::php::rewind {
namespace {

volatile char untouched[4 * kPageBytes] = {};  // NOLINT(modernize-avoid-c-arrays)

class WholeProcessTest : public ::testing::Test {
 protected:
  void SetUp() override { TUSK_SKIP_UNDER_SANITIZER(); }

  TestHost host_;
};

TEST_F(WholeProcessTest, AMappingThatNobodyTellsOfIsFound) {
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    unsigned char state = 0;
    if (round != 0) {
      worker.check(::mincore(reinterpret_cast<void*>(worker.value(0)), kPageBytes, &state) != 0,
                   "a mapping");
      worker.check(worker.counters().sweeps == static_cast<std::uint64_t>(round), "sweeps");
    }
    if (round == 3) return;
    const long mapped = raw_call(SYS_mmap, 0L, 10 * kPageBytes, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1L, 0L);
    *reinterpret_cast<char*>(mapped) = 'x';
    worker.value(0) = static_cast<std::uint64_t>(mapped);
    worker.rewind();
  });
}

TEST_F(WholeProcessTest, MemoryOfTheMarkThatIsGoneEndsTheProcess) {
  host_.options.lost_memory_exit_code = 23;
  static void* of_boot = nullptr;
  host_.boot = [] {
    of_boot =
        ::mmap(nullptr, 4 * kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *static_cast<char*>(of_boot) = 'b';
  };
  const int status = host_.run([](TestWorker& worker) {
    const int round = worker.mark();
    worker.check(round == 0, "it went on");
    // Only if something has faulted is the size of the address space looked at.
    untouched[2 * kPageBytes] = 'x';
    raw_call(SYS_munmap, of_boot, 4 * kPageBytes);
    worker.rewind();
  });
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 23) << status;
}

TEST_F(WholeProcessTest, AThreadThatHasEndedIsForgotten) {
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    worker.check(worker.snapshot().replacement() == Replacement::kNone, "replacement");
    if (round == 5) return;
    pthread_t thread{};
    worker.check(::pthread_create(
                     &thread, nullptr, [](void* seen) -> void* { return seen; }, nullptr) == 0,
                 "pthread_create()");
    worker.check(::pthread_join(thread, nullptr) == 0, "pthread_join()");
    worker.rewind();
  });
}

TEST_F(WholeProcessTest, AThreadThatStillRunsAsksForAnotherWorker) {
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    if (round == 1) {
      worker.check(worker.snapshot().replacement() == Replacement::kThread, "replacement");
      ::_exit(0);
    }
    pthread_t thread{};
    ::pthread_create(
        &thread, nullptr,
        [](void*) -> void* {
          for (;;) ::pause();
        },
        nullptr);
    worker.rewind();
  });
}

TEST_F(WholeProcessTest, ASecondThreadAtTheMarkIsRefused) {
  host_.expect([](TestWorker& worker) {
    pthread_t thread{};
    ::pthread_create(
        &thread, nullptr,
        [](void*) -> void* {
          for (;;) ::pause();
        },
        nullptr);
    worker.check(worker.snapshot().mark({}) == Mark::kRefused, "refused");
    worker.check(std::string(worker.snapshot().refusal()).find("threads") != std::string::npos,
                 worker.snapshot().refusal());
    ::_exit(0);
  });
}

TEST_F(WholeProcessTest, LibrariesAndLocalesOfARequestAreForgotten) {
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    worker.check(::dlopen("libutil.so.1", RTLD_NOW | RTLD_NOLOAD) == nullptr, "a library");
    worker.check(std::string(std::setlocale(LC_ALL, nullptr)) == "C", "the locale");
    worker.check(worker.snapshot().replacement() == Replacement::kNone, "replacement");
    if (round == 5) return;
    worker.check(::dlopen("libutil.so.1", RTLD_NOW) != nullptr, ::dlerror());
    std::setlocale(LC_ALL, "C.UTF-8");
    const iconv_t conversion = ::iconv_open("UTF-16", "ISO-8859-15");
    worker.check(conversion != reinterpret_cast<iconv_t>(-1), "iconv_open()");
    worker.rewind();
  });
}

}  // namespace
}  // namespace tusk::php::rewind
