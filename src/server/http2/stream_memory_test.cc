#include "server/http2/stream_memory.h"

#include <gtest/gtest.h>

namespace tusk::server::http2 {
namespace {

constexpr std::uint64_t kHead = std::uint64_t{32} * 1024;

TEST(StreamMemory, AConnectionMayHoldMuchWhileOthersHoldLittle) {
  std::uint64_t of_loop = 0;
  StreamMemory memory(of_loop);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(memory.has_room(kHead));
    memory.change(0, kHead);
  }
  EXPECT_EQ(of_loop, 1000 * kHead);
}

TEST(StreamMemory, AConnectionHoldsLittleWhileAllHoldMuch) {
  std::uint64_t of_loop = StreamMemory::kMuch;
  StreamMemory memory(of_loop);
  EXPECT_TRUE(memory.has_room(StreamMemory::kMuch)) << "one request, however large";
  memory.change(0, kHead);
  EXPECT_TRUE(memory.has_room(kHead));
  memory.change(0, kHead);
  EXPECT_FALSE(memory.has_room(1));
  memory.change(kHead, 0);
  EXPECT_TRUE(memory.has_room(1));
}

TEST(StreamMemory, GivesBackWhatItHolds) {
  std::uint64_t of_loop = 0;
  {
    StreamMemory memory(of_loop);
    memory.change(0, kHead);
  }
  EXPECT_EQ(of_loop, 0U);
}

}  // namespace
}  // namespace tusk::server::http2
