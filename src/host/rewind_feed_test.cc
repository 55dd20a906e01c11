#include "base/process/sanitizer_build.h"
#include "host/test_host.h"

namespace tusk::host {
namespace {

using process::MessageKind;
using process::WorkerExit;

class RewindFeedTest : public HostTest {
 protected:
  void SetUp() override {
    if (TUSK_SANITIZER_BUILD != 0) GTEST_SKIP() << "a sanitizer has the memory of this program";
  }
  void use_script(std::string_view text) {
    server_.settings.scripts.resident_script = directory_.write("worker.php", text);
    server_.settings.scripts.mode = exec::ScriptMode::kRewind;
    server_.settings.scripts.document_root = directory_.path();
    server_.settings.scripts.request_limit = std::chrono::seconds(20);
  }
  const TestRequest request_{.script = directory_.path("worker.php"), .query = "q=1"};
};

constexpr std::string_view kScript = R"(<?php
  $boot = hrtime(true); $n = 0;
  while (tusk_handle_request(function () use (&$n, $boot) {
    if (isset($_GET['die'])) undefined_function();
    echo ++$n, ' ', $boot, ' ', $_GET['q'];
  }));)";

TEST_F(RewindFeedTest, EachRequestOfEachWorkerIsTheFirst) {
  use_script(kScript);
  TestWorker& worker = start();
  const std::string first = worker.fetch(request_).body;
  EXPECT_EQ(first.substr(0, 2), "1 ");
  for (std::size_t slot = 0; slot < 20; ++slot)
    EXPECT_EQ(worker.fetch(request_, slot % process::kSlots).body, first);
  // Also after an error that ends the script.
  const TestResponse died = worker.fetch({.script = request_.script, .query = "q=1&die"});
  EXPECT_EQ(died.head.status, 500);
  EXPECT_TRUE(died.end->fatal_error);
  EXPECT_EQ(worker.fetch(request_).body, first);
  const auto other = server_.fork_worker(1);
  ASSERT_TRUE(server_.await_serving(*other));
  EXPECT_EQ(other->fetch(request_).body, first);
  worker.order(process::Order::kEnd);
  EXPECT_EQ(await_end(worker), 0);
}

TEST_F(RewindFeedTest, IsNotReadyWhenTheScriptDoesNotBoot) {
  use_script("<?php throw new Exception('no database');");
  const process::Received answer = server_.start();
  EXPECT_EQ(answer.message.kind, MessageKind::kNoBoot);
  EXPECT_NE(answer.text.find("no database"), std::string::npos) << answer.text;
}

TEST_F(RewindFeedTest, ABootHasATimeLimit) {
  use_script("<?php for (;;);");
  server_.settings.scripts.request_limit = std::chrono::milliseconds(200);
  const process::Received answer = server_.start();
  EXPECT_EQ(answer.message.kind, MessageKind::kNoBoot);
  EXPECT_NE(answer.text.find("Request timeout of 200 ms"), std::string::npos) << answer.text;
}

TEST_F(RewindFeedTest, ABootThatLeavesAPipeIsRefused) {
  use_script("<?php $p = popen('cat', 'w'); while (tusk_handle_request(fn () => 1));");
  const process::Received answer = server_.start();
  EXPECT_EQ(answer.message.kind, MessageKind::kNoBoot);
  EXPECT_NE(answer.text.find("a pipe"), std::string::npos) << answer.text;
}

TEST_F(RewindFeedTest, WishesANewHostWhenOpcacheIsToBeEmptied) {
  use_script("<?php while (tusk_handle_request(function () { echo (int) opcache_reset(); }));");
  TestWorker& worker = start();
  EXPECT_EQ(worker.control().wishes.load(), 0U);
  EXPECT_EQ(worker.fetch(request_).body, "1");
  EXPECT_EQ(worker.control().wishes.load(), static_cast<std::uint32_t>(process::Wish::kNewHost));
}

TEST_F(RewindFeedTest, TheCpuTimeOfEachRequestIsCounted) {
  use_script("<?php while (tusk_handle_request(function () { echo 'x'; }));");
  TestWorker& worker = start();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(worker.fetch(request_).body, "x");
  std::uint64_t requests = 0;
  for (const std::uint64_t count : worker.control().cpu_times.read().counts) requests += count;
  EXPECT_EQ(requests, 3U);
  EXPECT_GT(worker.control().cpu_times.read().sum, 0U);
}

TEST_F(RewindFeedTest, AWorkerThatHasLostADescriptorOfTheBootEnds) {
  use_script(R"(<?php
    $file = fopen(__FILE__, 'r');
    while (tusk_handle_request(function () use (&$file) { fclose($file); echo 'closed'; }));)");
  TestWorker& worker = start();
  EXPECT_EQ(worker.fetch(request_).body, "closed");
  const int status = await_end(worker);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), static_cast<int>(WorkerExit::kBroken));
}

}  // namespace
}  // namespace tusk::host
