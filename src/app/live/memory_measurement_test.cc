#include "app/live/memory_measurement.h"

#include <array>
#include <thread>

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace tusk::app::live {
namespace {

// Waits until all earlier jobs of the thread have ended.
void finish(base::BackgroundThread& thread) {
  base::Guarded<bool> reached;
  while (!thread.submit([&] { *reached.lock() = true; })) std::this_thread::yield();
  while (!*reached.lock()) std::this_thread::yield();
}

TEST(MemoryMeasurement, IsTakenOnTheOtherThread) {
  base::BackgroundThread thread("measures", 2);
  MemoryMeasurement measurement(thread);
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(measurement.take()) << "the caller does not wait";
    finish(thread);
    const std::optional<ProportionalMemory> measured = measurement.take();
    ASSERT_TRUE(measured);
    EXPECT_GT(measured->bytes, 1U << 16U);
  }
}

TEST(MemoryMeasurement, TheMemoryOfOtherProcessesIsAdded) {
  constexpr std::size_t kBytes = std::size_t{64} << 20;
  const base::UniqueFd ended(::eventfd(0, 0));
  std::array<int, 2> filled{};
  ASSERT_EQ(::pipe(filled.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    void* const memory = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    std::uint64_t value = 0;
    (void)!::write(filled[1], "x", memory != MAP_FAILED ? 1 : 0);
    (void)!::read(ended.get(), &value, sizeof value);
    ::_exit(0);
  }
  ::close(filled[1]);
  char byte = 0;
  EXPECT_EQ(::read(filled[0], &byte, 1), 1);
  ::close(filled[0]);
  const std::uint64_t alone = proportional_memory().bytes;
  EXPECT_GT(proportional_memory({child}).bytes, alone + kBytes / 2);
  EXPECT_GT(resident_memory({child}).all_bytes, resident_memory().all_bytes + kBytes / 2);
  EXPECT_LT(resident_memory({child}).own_bytes, resident_memory().own_bytes + kBytes / 2);
  const std::uint64_t one = 1;
  EXPECT_EQ(::write(ended.get(), &one, sizeof one), static_cast<ssize_t>(sizeof one));
  ::waitpid(child, nullptr, 0);
}

TEST(MemoryMeasurement, IsTriedAgainWhenTheThreadIsBusy) {
  base::BackgroundThread thread("busy", 0);
  MemoryMeasurement measurement(thread);
  EXPECT_FALSE(measurement.take());
  EXPECT_FALSE(measurement.take());
}

}  // namespace
}  // namespace tusk::app::live
