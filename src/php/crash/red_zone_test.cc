#include "php/crash/red_zone.h"

#include <csetjmp>
#include <cstring>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>

#include "base/process/sanitizer_build.h"
#include "observe/crash/module_map.h"

namespace tusk::php::crash {
namespace {

constexpr std::size_t kGuardBytes = 4 * kRedZoneBytes;

// Seen records the calls of the handler and of stop(). The test has one thread.
struct Seen {
  sigjmp_buf back;
  std::uintptr_t low = 0;
  int faults = 0;
  bool opened = false;
  bool stopped = false;
};
Seen* seen = nullptr;

void stop() noexcept {
  seen->stopped = true;
  siglongjmp(seen->back, 1);
}

void on_fault(int /*number*/) {
  ++seen->faults;
  seen->opened = open_red_zone(seen->low, stop);
  if (!seen->opened) siglongjmp(seen->back, 1);
}

// A guard like that of a stack, and a handler that opens its red zone.
class RedZone : public ::testing::Test {
 protected:
  void SetUp() override {
#if !defined(__x86_64__)
    GTEST_SKIP() << "there is none on this processor";
#endif
    if (TUSK_SANITIZER_BUILD) GTEST_SKIP() << "the sanitizer has its own memset()";
    observe::crash::ModuleMap::refresh();
    void* const memory =
        ::mmap(nullptr, kGuardBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    guard_ = static_cast<char*>(memory);
    seen_.low = reinterpret_cast<std::uintptr_t>(guard_) + kGuardBytes;
    seen = &seen_;
    struct sigaction action{};
    action.sa_handler = on_fault;
    ASSERT_EQ(::sigaction(SIGSEGV, &action, &before_), 0);
  }
  void TearDown() override {
    if (guard_ == nullptr) return;
    ::sigaction(SIGSEGV, &before_, nullptr);
    ::munmap(guard_, kGuardBytes);
    seen = nullptr;
  }

  Seen seen_;
  char* guard_ = nullptr;
  struct sigaction before_{};
};

TEST_F(RedZone, LibcReturnsAndThenTheThreadIsStopped) {
  void* (*volatile const fill)(void*, int, std::size_t) = &std::memset;
  char* const place = guard_ + kGuardBytes - 100;
  if (sigsetjmp(seen_.back, 1) == 0) {
    fill(place, 'x', 100);
    ADD_FAILURE() << "it has returned to its caller";
  }
  EXPECT_TRUE(seen_.opened);
  EXPECT_TRUE(seen_.stopped);
  EXPECT_EQ(seen_.faults, 1);
  if (seen_.opened) {
    EXPECT_EQ(std::string_view(place, 100), std::string(100, 'x')) << "it has done its work";
  }
}

TEST_F(RedZone, AFaultOutsideOfLibcHasNone) {
  volatile char* const place = guard_ + kGuardBytes - 100;
  if (sigsetjmp(seen_.back, 1) == 0) {
    *place = 'x';
    ADD_FAILURE() << "the guard was writable";
  }
  EXPECT_FALSE(seen_.opened);
  EXPECT_FALSE(seen_.stopped);
  EXPECT_EQ(seen_.faults, 1);
}

}  // namespace
}  // namespace tusk::php::crash
