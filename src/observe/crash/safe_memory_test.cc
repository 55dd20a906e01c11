#include "observe/crash/safe_memory.h"

#include <array>
#include <cstdint>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace tusk::observe::crash {
namespace {

// Two pages, of which the second cannot be read.
class HalfReadable {
 public:
  HalfReadable() {
    memory_ = static_cast<char*>(
        ::mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT_EQ(::mprotect(memory_ + kPage, kPage, PROT_NONE), 0);
  }
  ~HalfReadable() { ::munmap(memory_, 2 * kPage); }
  HalfReadable(const HalfReadable&) = delete;
  HalfReadable& operator=(const HalfReadable&) = delete;

  char* border() const { return memory_ + kPage; }

 private:
  const std::size_t kPage = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  char* memory_;
};

TEST(SafeMemory, ReadsAnObject) {
  const std::uint64_t value = 0x0123456789abcdef;
  std::uint64_t copy = 0;
  EXPECT_TRUE(read_object(&value, copy));
  EXPECT_EQ(copy, value);
}

TEST(SafeMemory, ABadAddressIsAnErrorAndNoFault) {
  const HalfReadable memory;
  std::array<char, 8> into{};
  EXPECT_FALSE(read_memory(nullptr, into.data(), into.size()));
  EXPECT_FALSE(read_memory(memory.border(), into.data(), into.size()));
}

TEST(SafeMemory, AnObjectThatIsOnlyPartlyThereIsAnError) {
  const HalfReadable memory;
  std::array<char, 8> into{};
  memory.border()[-8] = 'x';
  EXPECT_TRUE(read_memory(memory.border() - 8, into.data(), into.size()));
  EXPECT_EQ(into[0], 'x');
  EXPECT_FALSE(read_memory(memory.border() - 4, into.data(), into.size()));
}

}  // namespace
}  // namespace tusk::observe::crash
