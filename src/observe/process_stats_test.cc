#include "observe/process_stats.h"

#include <chrono>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace tusk::observe {
namespace {

TEST(ProcessStats, AreThoseOfThisProcess) {
  const ProcessUse before = read_process_use(::getpid());
  EXPECT_GT(before.resident_memory_bytes, 500'000U);
  EXPECT_GT(before.open_fds, 2U);
  EXPECT_GE(descriptor_limit(), before.open_fds);
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_LE(own_start_time(), now + 1);
  EXPECT_GT(own_start_time(), now - 3600);

  const base::UniqueFd one_more(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  std::string memory(64 << 20, 'x');
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
  while (std::chrono::steady_clock::now() < until) memory[0]++;

  const ProcessUse after = read_process_use(::getpid());
  EXPECT_EQ(after.open_fds, before.open_fds + 1);
  EXPECT_GT(after.cpu_seconds, before.cpu_seconds);
  EXPECT_GT(after.resident_memory_bytes, before.resident_memory_bytes + (32 << 20));
}

TEST(ProcessStats, AreZeroWhereThereIsNoProcess) {
  const ProcessUse use = read_process_use(0x7fffffff);
  EXPECT_EQ(use.cpu_seconds, 0);
  EXPECT_EQ(use.resident_memory_bytes, 0U);
  EXPECT_EQ(use.open_fds, 0U);
}

}  // namespace
}  // namespace tusk::observe
