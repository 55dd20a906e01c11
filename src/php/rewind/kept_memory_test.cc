#include "php/rewind/kept_memory.h"

#include <cstdint>

#include <gtest/gtest.h>

namespace tusk::php::rewind {
namespace {

TEST(KeptMemory, PlacesObjectsUntilItIsFull) {
  auto memory = KeptMemory::create(100);
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->range().bytes(), kPageBytes) << "whole pages";
  char* const one = memory->make<char>('a');
  auto* const number = memory->make<std::uint64_t>(7U);
  ASSERT_TRUE(one != nullptr && number != nullptr);
  EXPECT_EQ(*one, 'a');
  EXPECT_EQ(*number, 7U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(number) % alignof(std::uint64_t), 0U);
  EXPECT_TRUE(memory->range().contains(reinterpret_cast<std::uintptr_t>(number)));
  EXPECT_TRUE(memory->make_array<char>(kPageBytes).empty());
  EXPECT_EQ(memory->make_array<char>(kPageBytes - 16).size(), kPageBytes - 16);
  EXPECT_EQ(memory->allocate(1, 1), nullptr);
  EXPECT_EQ(memory->allocate(SIZE_MAX, 1), nullptr);
}

}  // namespace
}  // namespace tusk::php::rewind
