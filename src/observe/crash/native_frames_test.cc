#include "observe/crash/native_frames.h"

#include <array>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>
#include <ucontext.h>

namespace tusk::observe::crash {
namespace {

std::uintptr_t address(const void* of) { return reinterpret_cast<std::uintptr_t>(of); }

// A frame as functions with frame pointers leave it on the stack.
struct Frame {
  std::uintptr_t caller;
  std::uintptr_t code;
};

std::vector<std::uintptr_t> walked(const Registers& from, std::size_t most = 10) {
  std::vector<std::uintptr_t> frames(most);
  frames.resize(walk_frame_pointers(from, frames));
  return frames;
}

TEST(NativeFrames, FollowsFramePointersToTheOldest) {
  std::array<Frame, 3> stack{};
  stack[0] = {address(&stack[1]), 11};
  stack[1] = {address(&stack[2]), 22};
  stack[2] = {0, 33};
  const Registers from{.code = 7, .frame = address(stack.data())};
  EXPECT_EQ(walked(from), (std::vector<std::uintptr_t>{7, 11, 22, 33}));
  EXPECT_EQ(walked(from, 2), (std::vector<std::uintptr_t>{7, 11}));
  EXPECT_EQ(walked(from, 0), std::vector<std::uintptr_t>{});
}

TEST(NativeFrames, ADamagedStackEndsTheWalk) {
  std::array<Frame, 3> stack{};
  const Registers from{.code = 7, .frame = address(stack.data())};
  stack[0] = {address(&stack[1]), 11};
  stack[1] = {address(stack.data()), 22};
  EXPECT_EQ(walked(from), (std::vector<std::uintptr_t>{7, 11, 22})) << "it goes in a circle";
  stack[1] = {address(&stack[2]), 0};
  EXPECT_EQ(walked(from), (std::vector<std::uintptr_t>{7, 11})) << "no code continues there";
  stack[0] = {address(&stack[1]) + 1, 11};
  EXPECT_EQ(walked(from), (std::vector<std::uintptr_t>{7, 11})) << "not aligned";
  stack[0] = {~std::uintptr_t{0} << 8U, 11};
  EXPECT_EQ(walked(from), (std::vector<std::uintptr_t>{7, 11})) << "no memory is there";
  EXPECT_EQ(walked({.code = 7, .frame = 0}), std::vector<std::uintptr_t>{7});
}

struct Places {
  std::uintptr_t inner_returns_to = 0;
  std::uintptr_t outer_returns_to = 0;
  Registers registers;
  std::vector<std::uintptr_t> walked;
  std::vector<std::uintptr_t> unwound;
};

[[gnu::noinline]] void inner(Places& places) {
  places.inner_returns_to = address(__builtin_return_address(0));
  ucontext_t context{};
  EXPECT_EQ(::getcontext(&context), 0);
  places.registers = registers_of(&context);
  EXPECT_EQ(places.registers.frame, address(__builtin_frame_address(0)));
  places.walked = walked(places.registers);
  places.unwound.resize(10);
  places.unwound.resize(unwind_frames(places.inner_returns_to, places.unwound));
}

[[gnu::noinline]] void outer(Places& places) {
  places.outer_returns_to = address(__builtin_return_address(0));
  inner(places);
  asm volatile("");  // the call above is no tail call
}

TEST(NativeFrames, FindsTheCallersOfARealFunction) {
  Places places;
  outer(places);
  ASSERT_GE(places.walked.size(), 3U);
  EXPECT_EQ(places.walked[0], places.registers.code);
  EXPECT_EQ(places.walked[1], places.inner_returns_to);
  EXPECT_EQ(places.walked[2], places.outer_returns_to);
  ASSERT_GE(places.unwound.size(), 2U);
  EXPECT_EQ(places.unwound[0], places.inner_returns_to);
  EXPECT_EQ(places.unwound[1], places.outer_returns_to);
}

TEST(NativeFrames, AnAddressThatIsNotOnTheStackUnwindsNothing) {
  std::array<std::uintptr_t, 4> frames{};
  EXPECT_EQ(unwind_frames(1, frames), 0U);
}

}  // namespace
}  // namespace tusk::observe::crash
