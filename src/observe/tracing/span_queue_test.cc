#include "observe/tracing/span_queue.h"

#include <thread>

#include <gtest/gtest.h>

namespace tusk::observe::tracing {
namespace {

RequestTrace trace(int status) {
  RequestTrace trace;
  trace.status = status;
  return trace;
}

TEST(SpanQueue, HandsOutBatchesAndDropsWhatIsTooMuch) {
  SpanQueue queue;
  for (std::size_t i = 0; i < SpanQueue::kMaxWaiting; ++i) EXPECT_TRUE(queue.push(trace(1)));
  EXPECT_FALSE(queue.push(trace(2)));
  EXPECT_EQ(queue.take().size(), SpanQueue::kBatch);
  EXPECT_TRUE(queue.push(trace(3)));
}

TEST(SpanQueue, EndsWithWhatIsLeft) {
  SpanQueue queue;
  std::thread taking([&] {
    EXPECT_EQ(queue.take().size(), 1U);
    EXPECT_TRUE(queue.take().empty());
  });
  EXPECT_TRUE(queue.push(trace(1)));
  queue.close();
  taking.join();
  EXPECT_FALSE(queue.push(trace(2)));
  EXPECT_FALSE(queue.sleep(std::chrono::hours(1)));
}

}  // namespace
}  // namespace tusk::observe::tracing
