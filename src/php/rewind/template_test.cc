#include "php/rewind/template.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "php/rewind/test_worker.h"

namespace tusk::php::rewind {
namespace {

constexpr std::size_t kPages = 8;
constexpr std::size_t kBytes = kPages * kPageBytes;

// The copy of the page at this address, or null.
const std::byte* copy_of(const Template& from, const void* address) {
  const auto page = reinterpret_cast<std::uintptr_t>(address);
  for (const Template::Run& run : from.runs()) {
    if (run.memory.contains(page)) return run.copy + (page - run.memory.begin);
  }
  return nullptr;
}

class TemplateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    TUSK_SKIP_UNDER_SANITIZER();
    memory_ = static_cast<char*>(
        ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  }
  void TearDown() override {
    if (memory_ != nullptr) ::munmap(memory_, kBytes);
  }
  char* page(std::size_t number) const { return memory_ + number * kPageBytes; }

  char* memory_ = nullptr;
};

TEST_F(TemplateTest, HasWhatWasWritten) {
  std::memset(page(1), 'a', 2 * kPageBytes);
  *page(5) = 'b';
  const auto made = Template::take({});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(copy_of(*made, page(0)), nullptr) << "never written";
  ASSERT_NE(copy_of(*made, page(1)), nullptr);
  EXPECT_EQ(std::memcmp(copy_of(*made, page(1)), page(1), 2 * kPageBytes), 0) << "adjacent";
  EXPECT_EQ(copy_of(*made, page(3)), nullptr);
  ASSERT_NE(copy_of(*made, page(5)), nullptr);
  EXPECT_EQ(static_cast<char>(*copy_of(*made, page(5))), 'b');
  EXPECT_TRUE(std::is_sorted(
      made->runs().begin(), made->runs().end(),
      [](const auto& one, const auto& other) { return one.memory.end <= other.memory.begin; }));
}

TEST_F(TemplateTest, LeavesOutWhatIsNotRestored) {
  std::memset(memory_, 'a', kBytes);
  const std::array<Range, 2> left{Range::of(page(4), 2 * kPageBytes),
                                  Range::of(page(1) + 8, 2 * kPageBytes)};
  const auto made = Template::take(left);
  ASSERT_TRUE(made) << made.error().message;
  for (const std::size_t number : {0, 1, 3, 6, 7}) {
    EXPECT_NE(copy_of(*made, page(number)), nullptr) << number;
  }
  for (const std::size_t number : {2, 4, 5}) {
    EXPECT_EQ(copy_of(*made, page(number)), nullptr) << number;
  }
}

TEST_F(TemplateTest, HasNoSharedAndNoConstantMemory) {
  auto* const shared = static_cast<char*>(
      ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  *shared = 's';
  std::memset(memory_, 'a', kBytes);
  ::mprotect(page(2), kPageBytes, PROT_READ);
  const auto made = Template::take({});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(copy_of(*made, shared), nullptr);
  EXPECT_EQ(copy_of(*made, page(2)), nullptr);
  EXPECT_NE(copy_of(*made, page(3)), nullptr);
  ::munmap(shared, kPageBytes);
}

TEST_F(TemplateTest, HasAllOfAFilesPagesButThoseBeyondItsEnd) {
  const base::UniqueFd file(::memfd_create("file", MFD_CLOEXEC));
  ASSERT_EQ(::ftruncate(file.get(), 2 * kPageBytes), 0);
  ASSERT_EQ(::pwrite(file.get(), "f", 1, kPageBytes), 1);
  auto* const mapped = static_cast<char*>(
      ::mmap(nullptr, 3 * kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, file.get(), 0));
  const auto made = Template::take({});
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_NE(copy_of(*made, mapped + kPageBytes), nullptr) << "although nobody has touched it";
  EXPECT_EQ(static_cast<char>(*copy_of(*made, mapped + kPageBytes)), 'f');
  EXPECT_EQ(copy_of(*made, mapped + 2 * kPageBytes), nullptr);
  ::munmap(mapped, 3 * kPageBytes);
}

TEST_F(TemplateTest, CannotBeChangedByAStrayWrite) {
  *page(0) = 'a';
  const auto made = Template::take({});
  ASSERT_TRUE(made) << made.error().message;
  void* const copy = const_cast<std::byte*>(copy_of(*made, page(0)));
  EXPECT_NE(::mprotect(copy, kPageBytes, PROT_READ | PROT_WRITE), 0);
}

// The memory of a worker that was mapped in the host, with another reader of it than the worker.
TEST_F(TemplateTest, APageBeyondAFilesEndIsNoObstacleToAWorker) {
  static char* mapped = nullptr;
  TestHost host;
  host.expect([](TestWorker& worker) {
    const base::UniqueFd file(::memfd_create("file", MFD_CLOEXEC));
    worker.check(::ftruncate(file.get(), kPageBytes) == 0, "ftruncate()");
    mapped = static_cast<char*>(
        ::mmap(nullptr, 2 * kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, file.get(), 0));
    const int round = worker.mark();
    worker.check(*mapped == 0, "the page");
    if (round == 3) return;
    *mapped = 'x';
    worker.rewind();
  });
}

}  // namespace
}  // namespace tusk::php::rewind
