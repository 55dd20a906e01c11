#include "config/machine/machine.h"

#include <gtest/gtest.h>

namespace tusk::config::machine {
namespace {

TEST(Machine, IsDetected) {
  const Machine machine = detect_machine();
  EXPECT_GE(machine.cpu_cores, 1U);
  EXPECT_GE(machine.open_files, 16U);
  EXPECT_GE(machine.memory_bytes, 1U << 20);
}

TEST(Machine, LittleMemoryMeansFewWorkers) {
  constexpr std::uint64_t kMiB = 1U << 20;
  EXPECT_EQ(automatic_workers({.cpu_cores = 8, .memory_bytes = 8192 * kMiB}), 8U);
  EXPECT_EQ(automatic_workers({.cpu_cores = 8, .memory_bytes = 384 * kMiB}), 4U);
  EXPECT_EQ(automatic_workers({.cpu_cores = 8, .memory_bytes = 256 * kMiB}), 2U);
  EXPECT_EQ(automatic_workers({.cpu_cores = 8, .memory_bytes = 64 * kMiB}), 1U);
}

TEST(Machine, AutomaticValuesStayInTheirRange) {
  EXPECT_EQ(automatic_workers({.cpu_cores = 0, .open_files = 1024}), 1U);
  EXPECT_EQ(automatic_workers({.cpu_cores = 8, .open_files = 1024}), 8U);
  EXPECT_EQ(automatic_workers({.cpu_cores = 100'000, .open_files = 1024}), 4096U);
  EXPECT_EQ(automatic_queue_capacity(8), 800U);
  EXPECT_EQ(automatic_max_connections({.cpu_cores = 8, .open_files = 1024}), 512U);
  EXPECT_EQ(automatic_file_descriptors({.cpu_cores = 8, .open_files = 1024}), 128U);
  EXPECT_EQ(automatic_file_descriptors({.cpu_cores = 8, .open_files = 1'000'000}), 1024U);
  EXPECT_EQ(automatic_max_connections({.cpu_cores = 8, .open_files = 8}), 16U);
  EXPECT_EQ(automatic_max_connections({.cpu_cores = 8, .open_files = ~0ULL}), 10'000'000U);
  EXPECT_EQ(automatic_connections_per_client(512), 128U);
  EXPECT_EQ(automatic_connections_per_client(2), 1U);
  EXPECT_EQ(automatic_lost_workers_per_client(1), 2U);
  EXPECT_EQ(automatic_lost_workers_per_client(9), 5U);
  EXPECT_EQ(automatic_io_threads({.cpu_cores = 2, .open_files = 1024}), 1U);
  EXPECT_EQ(automatic_io_threads({.cpu_cores = 32, .open_files = 1024}), 8U);
}

}  // namespace
}  // namespace tusk::config::machine
