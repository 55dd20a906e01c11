#include "php/rewind/memory_map.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace tusk::php::rewind {
namespace {

// A file in memory with this text.
base::UniqueFd file_with(std::string_view text) {
  base::UniqueFd file(::memfd_create("maps", MFD_CLOEXEC));
  EXPECT_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  return file;
}

std::vector<Mapping> read(std::string_view text, std::size_t buffer_bytes = 256) {
  const base::UniqueFd file = file_with(text);
  std::vector<char> buffer(buffer_bytes);
  MemoryMap map(file.get(), buffer);
  std::vector<Mapping> mappings;
  Mapping mapping;
  while (map.next(mapping)) mappings.push_back(mapping);
  EXPECT_FALSE(map.failed());
  return mappings;
}

TEST(MemoryMap, ReadsMaps) {
  const auto mappings = read(
      "55d0c8a00000-55d0c8a02000 r--p 00000000 fe:00 1234   /usr/bin/a program\n"
      "55d0c8b00000-55d0c8b21000 rw-p 00000000 00:00 0      [heap]\n"
      "7f0000000000-7f0000001000 rw-s 00000000 00:01 77     /dev/zero (deleted)\n"
      "7f0000001000-7f0000003000 rwxp 00000000 00:00 0 \n"
      "7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0      [stack]\n"
      "7ffd00100000-7ffd00102000 r-xp 00000000 00:00 0      [vdso]\n"
      "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]");
  ASSERT_EQ(mappings.size(), 6U) << "a line without an end is none";
  EXPECT_EQ(mappings[0].range, (Range{0x55d0c8a00000, 0x55d0c8a02000}));
  EXPECT_TRUE(mappings[0].file);
  EXPECT_EQ(mappings[0].protection, PROT_READ);
  EXPECT_FALSE(mappings[0].is_private_writable());
  EXPECT_TRUE(mappings[1].is_private_writable());
  EXPECT_FALSE(mappings[1].file);
  EXPECT_TRUE(mappings[2].shared);
  EXPECT_FALSE(mappings[2].is_private_writable());
  EXPECT_EQ(mappings[3].protection, PROT_READ | PROT_WRITE | PROT_EXEC);
  EXPECT_TRUE(mappings[4].stack);
  EXPECT_FALSE(mappings[1].stack);
  EXPECT_FALSE(mappings[5].is_private_writable());
}

TEST(MemoryMap, ReadsTheFlagsOfSmaps) {
  const std::string head = "-7f0000001000 rw-p 00000000 00:00 0 \nSize:   4 kB\nTHPeligible:  0\n";
  const auto mappings =
      read("7f0000000000" + head + "VmFlags: rd wr mr mw me ac\n" + "7e0000000000" + head +
           "VmFlags: rd wr mr mw me wf ac\n" + "7d0000000000" + head + "VmFlags: rd wr dp\n" +
           "7c0000000000" + head + "VmFlags: rd wr ht sd\n" + "7b0000000000" + head +
           "VmFlags: rd wr io\n");
  ASSERT_EQ(mappings.size(), 5U);
  EXPECT_FALSE(mappings[0].wiped || mappings[0].huge || mappings[0].device);
  EXPECT_TRUE(mappings[1].wiped);
  EXPECT_TRUE(mappings[2].wiped);
  EXPECT_TRUE(mappings[3].huge);
  EXPECT_TRUE(mappings[4].device);
}

TEST(MemoryMap, ALineThatIsLongerThanItsBufferIsAFailure) {
  const base::UniqueFd file =
      file_with("7f0000000000-7f0000001000 r--p 00000000 fe:00 1 /" + std::string(300, 'a') + "\n");
  std::array<char, 256> buffer;
  MemoryMap map(file.get(), buffer);
  Mapping mapping;
  EXPECT_FALSE(map.next(mapping));
  EXPECT_TRUE(map.failed());
}

TEST(MemoryMap, ReadsThisProcess) {
  for (const char* const name : {"/proc/self/maps", "/proc/self/smaps"}) {
    const base::UniqueFd file(::open(name, O_RDONLY | O_CLOEXEC));
    std::array<char, 16384> buffer;
    MemoryMap map(file.get(), buffer);
    Mapping mapping;
    static int data = 1;
    bool found_stack = false;
    bool found_data = false;
    while (map.next(mapping)) {
      const bool own = mapping.is_private_writable();
      found_stack |= own && mapping.range.contains(reinterpret_cast<std::uintptr_t>(&mapping));
      found_data |= own && mapping.range.contains(reinterpret_cast<std::uintptr_t>(&data));
    }
    EXPECT_TRUE(found_stack && found_data && !map.failed()) << name;
  }
}

}  // namespace
}  // namespace tusk::php::rewind
