#include "php/rewind/page_map.h"

#include <array>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include "base/unique_fd.h"
#include "php/rewind/test_worker.h"

namespace tusk::php::rewind {
namespace {

// Written, read, and not touched.
TEST(PageMap, TellsPagesOfAForkedProcessApart) {
  TUSK_SKIP_UNDER_SANITIZER();
  auto* const memory = static_cast<char*>(
      ::mmap(nullptr, 5 * kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ::madvise(memory, 5 * kPageBytes, MADV_NOHUGEPAGE);
  for (std::size_t page = 0; page < 3; ++page) memory[page * kPageBytes] = 'a';
  const int status = in_child([&] {
    memory[kPageBytes] = 'b';
    [[maybe_unused]] const volatile char read = memory[3 * kPageBytes];
    const base::UniqueFd file(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
    std::array<PageState, 2> buffer;
    std::vector<PageState> states;
    const auto begin = reinterpret_cast<std::uintptr_t>(memory);
    const bool done =
        PageMap(file.get())
            .for_each_part({begin, begin + 5 * kPageBytes}, buffer,
                           [&](std::uintptr_t address, std::span<const PageState> part) {
                             if (address != begin + states.size() * kPageBytes) ::_exit(1);
                             states.insert(states.end(), part.begin(), part.end());
                           });
    if (!done || states.size() != 5) ::_exit(2);
    if (states[0].is_own() || !states[0].is_anonymous() || !states[0].is_present()) ::_exit(3);
    if (!states[1].is_own()) ::_exit(4);
    if (states[2].is_own()) ::_exit(5);
    if (states[3].is_own() || !states[3].is_present()) ::_exit(6);  // the zero page
    if (states[4].is_own() || states[4].is_present() || states[4].is_anonymous()) ::_exit(7);
  });
  EXPECT_EQ(status, 0);
  ::munmap(memory, 5 * kPageBytes);
}

TEST(PageMap, AFilesPageIsNotAnonymousUntilItIsWritten) {
  TUSK_SKIP_UNDER_SANITIZER();
  const base::UniqueFd content(::memfd_create("file", MFD_CLOEXEC));
  ASSERT_EQ(::ftruncate(content.get(), 2 * kPageBytes), 0);
  auto* const memory = static_cast<char*>(
      ::mmap(nullptr, 2 * kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, content.get(), 0));
  [[maybe_unused]] const volatile char read = memory[0];
  memory[kPageBytes] = 'w';
  const base::UniqueFd file(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
  std::array<PageState, 2> states;
  ASSERT_TRUE(PageMap(file.get()).read(reinterpret_cast<std::uintptr_t>(memory), states));
  EXPECT_FALSE(states[0].is_anonymous() || states[0].is_own());
  EXPECT_TRUE(states[1].is_anonymous() && states[1].is_own());
  ::munmap(memory, 2 * kPageBytes);
}

}  // namespace
}  // namespace tusk::php::rewind
