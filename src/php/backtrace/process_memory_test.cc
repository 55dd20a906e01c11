#include "php/backtrace/process_memory.h"

#include <array>
#include <cstring>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace tusk::php::backtrace {
namespace {

using Read = bool (*)(const void* from, void* into, std::size_t size);

bool read_directly(const void* from, void* into, std::size_t size) {
  return ProcessMemory::read_directly(from, into, size) == ProcessMemory::Outcome::kRead;
}

class ProcessMemoryTest : public testing::TestWithParam<Read> {};

TEST_P(ProcessMemoryTest, ReadsWhatIsMapped) {
  const std::array<char, 6> from{"hello"};
  for (int times = 0; times < 3; ++times) {
    std::array<char, 6> into{};
    EXPECT_TRUE(GetParam()(from.data(), into.data(), from.size()));
    EXPECT_STREQ(into.data(), "hello");
  }
}

// Also an address whose beginning is mapped, after which the next read must not get its rest.
TEST_P(ProcessMemoryTest, AnAddressThatIsNotMappedIsAnErrorOnly) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  auto* const pages = static_cast<char*>(
      ::mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(pages, MAP_FAILED);
  ASSERT_EQ(::munmap(pages + page, page), 0);
  std::array<char, 8> into{};
  EXPECT_FALSE(GetParam()(nullptr, into.data(), into.size()));
  EXPECT_FALSE(GetParam()(reinterpret_cast<const void*>(64), into.data(), into.size()));
  EXPECT_FALSE(GetParam()(pages + page, into.data(), into.size()));
  EXPECT_FALSE(GetParam()(pages + page - 4, into.data(), into.size()));
  std::memcpy(pages, "12345678", 8);
  EXPECT_TRUE(GetParam()(pages, into.data(), into.size()));
  EXPECT_EQ(std::memcmp(into.data(), "12345678", 8), 0);
  ::munmap(pages, page);
}

INSTANTIATE_TEST_SUITE_P(Ways, ProcessMemoryTest,
                         testing::Values(&ProcessMemory::read, &read_directly,
                                         &ProcessMemory::read_through_pipe));

}  // namespace
}  // namespace tusk::php::backtrace
