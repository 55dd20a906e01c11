#include "config/machine.h"

#include <gtest/gtest.h>

namespace tusk::config {
namespace {

TEST(Machine, ReadsTheQuotaOfAControlGroup) {
  EXPECT_EQ(cores_of_cpu_max("max 100000"), 0U);
  EXPECT_EQ(cores_of_cpu_max("200000 100000"), 2U);
  EXPECT_EQ(cores_of_cpu_max("150000 100000"), 2U);
  EXPECT_EQ(cores_of_cpu_max("1000 100000"), 1U);
  EXPECT_EQ(cores_of_cpu_max("100000 0"), 0U);
  EXPECT_EQ(cores_of_cpu_max(""), 0U);
  EXPECT_EQ(cores_of_cpu_max("12"), 0U);
  EXPECT_EQ(cores_of_cpu_max("x y"), 0U);
}

TEST(Machine, IsDetected) {
  const Machine machine = detect_machine();
  EXPECT_GE(machine.cpu_cores, 1U);
  EXPECT_GE(machine.open_files, 16U);
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
}  // namespace tusk::config
