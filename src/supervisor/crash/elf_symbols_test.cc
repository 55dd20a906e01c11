#include "supervisor/crash/elf_symbols.h"

#include <array>
#include <cstring>
#include <fstream>
#include <iterator>

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <link.h>

#include "base/test_directory.h"

extern "C" [[gnu::noinline, gnu::used]] int a_function_of_the_test(int number) {
  asm volatile("" ::: "memory");
  return number + 1;
}

namespace tusk::supervisor::crash {
namespace {

std::uint64_t offset_of(const void* code) {
  Dl_info info;
  EXPECT_NE(::dladdr(code, &info), 0);
  return static_cast<std::uint64_t>(static_cast<const char*>(code) -
                                    static_cast<const char*>(info.dli_fbase));
}

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ElfSymbols, NamesAFunction) {
  const ElfSymbols symbols("/proc/self/exe", {});
  const auto code = offset_of(reinterpret_cast<const void*>(&a_function_of_the_test));
  EXPECT_EQ(symbols.name_at(code), "a_function_of_the_test+0x0");
  EXPECT_EQ(symbols.name_at(code + 1), "a_function_of_the_test+0x1");
  EXPECT_EQ(symbols.name_at(0), "");
  EXPECT_EQ(symbols.name_at(~std::uint64_t{0}), "");
}

TEST(ElfSymbols, NamesCPlusPlusWithoutArguments) {
  const ElfSymbols symbols("/proc/self/exe", {});
  using Read = std::string (ElfSymbols::*)(std::uint64_t) const;
  const Read function = &ElfSymbols::name_at;
  const void* code = nullptr;
  std::memcpy(&code, &function, sizeof(code));
  EXPECT_EQ(symbols.name_at(offset_of(code)), "tusk::supervisor::crash::ElfSymbols::name_at+0x0");
}

TEST(ElfSymbols, AFileOfAnotherBuildHasNoNames) {
  const std::array<std::uint8_t, 20> other{1, 2, 3};
  const ElfSymbols symbols("/proc/self/exe", other);
  const auto code = offset_of(reinterpret_cast<const void*>(&a_function_of_the_test));
  EXPECT_EQ(symbols.name_at(code), "");
}

TEST(ElfSymbols, WhatIsNoElfFileHasNoNames) {
  for (const char* const path : {"/etc/passwd", "/", "/dev/zero", "/nothing"}) {
    EXPECT_EQ(ElfSymbols(path, {}).name_at(0x1000), "") << path;
  }
}

// Each eighth byte of the headers is changed in turn, and the file is cut.
TEST(ElfSymbols, ADamagedFileIsReadWithoutAFault) {
  const base::TestDirectory directory;
  const std::string path = directory.path() + "/damaged";
  const std::string right = content_of("/lib/x86_64-linux-gnu/libdl.so.2");
  if (right.empty()) GTEST_SKIP() << "no small library here";
  for (std::size_t at = 4; at < right.size(); at += 8 + at / 16) {
    std::string damaged = right;
    damaged[at] = static_cast<char>(damaged[at] ^ 0xFF);
    if (at % 3 == 0) damaged.resize(at + 1);
    std::ofstream(path, std::ios::trunc) << damaged;
    const ElfSymbols symbols(path, {});
    for (std::uint64_t address = 0; address < right.size(); address += 256) {
      (void)symbols.name_at(address);
    }
  }
}

}  // namespace
}  // namespace tusk::supervisor::crash
