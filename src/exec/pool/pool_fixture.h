// WorkerPoolTest: what tests of pools have in common. The test is the only client.
//
// Thread: the test's.
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "exec/pool/worker_pools.h"
#include "exec/response_channel.h"

namespace tusk::exec::pool {

class WorkerPoolTest : public ::testing::Test {
 protected:
  static WorkerPoolSettings settings(int workers) {
    WorkerPoolSettings pool;
    pool.workers = workers;
    pool.worker.stack_bytes = 256 * 1024;
    return pool;
  }

  // Sends `count` requests one after the other, and waits for their answers.
  void serve(RequestQueue& queue, int count) {
    for (int i = 0; i < count; ++i) {
      exchange_.prepare();
      exchange_.channel = channel_.get();
      ASSERT_TRUE(queue.try_push(exchange_));
      queue.wake();
      bool released = false;
      while (!released) {
        channel_->drain([&](Exchange& exchange) {
          released = (exchange.acknowledge() & Exchange::kReleased) != 0;
        });
        std::this_thread::yield();
      }
    }
  }

  std::unique_ptr<ResponseChannel> channel_ = std::move(*ResponseChannel::create());
  observe::Metrics metrics_{observe::BuildInfo{}};
  Exchange exchange_;
};

inline void wait_for(const std::function<bool()>& condition) {
  while (!condition()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace tusk::exec::pool
