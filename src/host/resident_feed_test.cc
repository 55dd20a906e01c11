#include "host/test_host.h"

namespace tusk::host {
namespace {

using process::MessageKind;
using process::WorkerExit;

class ResidentFeedTest : public HostTest {
 protected:
  void use_script(std::string_view text) {
    server_.settings.scripts.resident_script = directory_.write("worker.php", text);
    server_.settings.scripts.document_root = directory_.path();
    server_.settings.scripts.request_limit = std::chrono::seconds(20);
  }
  const TestRequest request_{.script = directory_.path("worker.php"), .query = "q=1"};
};

TEST_F(ResidentFeedTest, ServesRequestsOfOneScript) {
  use_script(R"(<?php
    $boot = hrtime(true); $n = 0;
    while (tusk_handle_request(function () use (&$n, $boot) {
      if (isset($_GET['die'])) undefined_function();
      echo ++$n, ' ', $boot, ' ', $_GET['q'];
    }));)");
  TestWorker& worker = start();
  const std::string first = worker.fetch(request_).body;
  const std::string boot = first.substr(1);
  EXPECT_EQ(first.substr(0, 2), "1 ");
  EXPECT_EQ(worker.fetch(request_, 1).body, "2" + boot);
  // It boots anew when it is asked to, also while it waits.
  worker.order(process::Order::kRestart);
  const auto until = base::now() + kTestPatience;
  while (base::now() < until && worker.control().orders.load() != 0) ::poll(nullptr, 0, 1);
  const std::string second = worker.fetch(request_).body;
  EXPECT_EQ(second.substr(0, 2), "1 ");
  EXPECT_NE(second.substr(1), boot);
  // And after an error.
  const TestResponse died = worker.fetch({.script = request_.script, .query = "q=1&die"});
  EXPECT_EQ(died.head.status, 500);
  EXPECT_TRUE(died.end->fatal_error);
  EXPECT_TRUE(worker.fetch(request_).body.starts_with("1 ") ||
              worker.fetch(request_).body.starts_with("3 "));
  worker.order(process::Order::kEnd);
  EXPECT_EQ(await_end(worker), 0);
}

TEST_F(ResidentFeedTest, TellsWhyItDoesNotBoot) {
  use_script("<?php throw new Exception('no database');");
  const process::Received ready = server_.start();
  ASSERT_EQ(ready.message.kind, MessageKind::kReady) << ready.text;
  for (const int failed_before : {0, 1}) {
    auto worker = server_.fork_worker(3, failed_before);
    std::string reason;
    const int status = await_end(*worker, &reason);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), static_cast<int>(WorkerExit::kNoBoot));
    EXPECT_NE(reason.find("no database"), std::string::npos) << reason;
    EXPECT_EQ(worker->control().serves.load(), 0U);
  }
}

TEST_F(ResidentFeedTest, ItsTimeIsLimited) {
  use_script(R"(<?php
    while (tusk_handle_request(function () {
      if ($_GET['q'] === 'slow') for (;;);
      echo 'fast';
    }));)");
  server_.settings.scripts.request_limit = std::chrono::milliseconds(200);
  TestWorker& worker = start();
  EXPECT_EQ(worker.fetch(request_).body, "fast");
  while (worker.control().sleeping.load() == 0) ::poll(nullptr, 0, 1);
  EXPECT_EQ(worker.control().deadline_ns.load(), 0);
  worker.send({.script = request_.script, .query = "q=slow"});
  EXPECT_EQ(watch(worker).end->error_status, 504);
  EXPECT_EQ(worker.fetch(request_).body, "fast");
}

}  // namespace
}  // namespace tusk::host
