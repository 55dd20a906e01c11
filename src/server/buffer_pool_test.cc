#include "server/buffer_pool.h"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tusk::server {
namespace {

TEST(BufferPool, GivesOutTheBufferThatWasReturnedLast) {
  BufferPool pool;
  BufferPool::Buffer first = pool.take();
  BufferPool::Buffer second = pool.take();
  char* const last = second.get();
  EXPECT_NE(first.get(), last);
  pool.give_back(std::move(first));
  pool.give_back(std::move(second));
  EXPECT_EQ(pool.take().get(), last) << "it is the most likely one to be in the CPU's cache";
}

TEST(BufferPool, KeepsALimitedNumber) {
  BufferPool pool;
  std::vector<BufferPool::Buffer> buffers;
  for (std::size_t i = 0; i < BufferPool::kMaxFreeBuffers + 10; ++i) buffers.push_back(pool.take());
  for (BufferPool::Buffer& buffer : buffers) pool.give_back(std::move(buffer));
  EXPECT_EQ(pool.free(), BufferPool::kMaxFreeBuffers);
}

}  // namespace
}  // namespace tusk::server
