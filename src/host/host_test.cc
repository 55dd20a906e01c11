#include <gtest/gtest.h>

#include "base/test_directory.h"
#include "host/test_server.h"

namespace tusk::host {
namespace {

using process::MessageKind;

class HostTest : public ::testing::Test {
 protected:
  std::string script(std::string_view text) {
    return directory_.write("script" + std::to_string(++scripts_) + ".php", text);
  }
  // Starts the host and one worker.
  TestWorker& start() {
    const process::Received ready = server_.start();
    EXPECT_EQ(ready.message.kind, MessageKind::kReady) << ready.text;
    worker_ = server_.fork_worker();
    EXPECT_TRUE(server_.await_serving(*worker_));
    return *worker_;
  }
  TestResponse fetch(std::string_view text) { return worker_->fetch({.script = script(text)}); }

  base::TestDirectory directory_;
  int scripts_ = 0;
  TestServer server_;
  std::unique_ptr<TestWorker> worker_;
};

TEST_F(HostTest, AWorkerAnswers) {
  start();
  const TestResponse response =
      fetch("<?php header('X-A: b'); http_response_code(201); echo 'hello ', getmypid();");
  EXPECT_EQ(response.head.status, 201);
  EXPECT_EQ(response.head.find("x-a"), "b");
  EXPECT_EQ(response.body, "hello " + std::to_string(worker_->pid));
  ASSERT_TRUE(response.end);
  EXPECT_FALSE(response.end->truncated);
}

}  // namespace
}  // namespace tusk::host
