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
  const ProcessStats before = read_process_stats();
  EXPECT_GT(before.resident_memory_bytes, 500'000U);
  EXPECT_GT(before.open_fds, 2U);
  EXPECT_GE(before.max_fds, before.open_fds);
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_LE(before.start_time_seconds, now + 1);
  EXPECT_GT(before.start_time_seconds, now - 3600);

  const base::UniqueFd one_more(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  std::string memory(64 << 20, 'x');
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
  while (std::chrono::steady_clock::now() < until) memory[0]++;

  const ProcessStats after = read_process_stats();
  EXPECT_EQ(after.open_fds, before.open_fds + 1);
  EXPECT_GT(after.cpu_seconds, before.cpu_seconds);
  EXPECT_GT(after.resident_memory_bytes, before.resident_memory_bytes + (32 << 20));
  EXPECT_EQ(after.start_time_seconds, before.start_time_seconds);
}

}  // namespace
}  // namespace tusk::observe
