#include "host/test_host.h"

namespace tusk::host {
namespace {

using process::MessageKind;

TEST_F(HostTest, SettingsThatCannotBeReadAreAnswered) {
  TestServer& server = server_;
  server.settings.php.ini_path = "/nowhere";
  server.settings.log_file = directory_.path("no/such/log");
  const process::Received answer = server.start();
  EXPECT_EQ(answer.message.kind, MessageKind::kFailed);
  EXPECT_NE(answer.text.find("no/such/log"), std::string::npos) << answer.text;
  EXPECT_EQ(server.wait_for_host(), 1 << 8);
}

TEST_F(HostTest, LongSettingsComeInAFile) {
  const std::string value(process::kMostText * 2, 'x');
  server_.settings.scripts.environment = {{"LONG", value}};
  start();
  EXPECT_EQ(body_of("<?php echo strlen(getenv('LONG'));"), std::to_string(value.size()));
}

TEST_F(HostTest, AWorkerThatIsKilledIsToldOf) {
  TestWorker& worker = start();
  worker.send({.script = script("<?php " + gate() + " wait();")});
  server_.signal(worker, SIGKILL);
  const int killed = await_end(worker);
  EXPECT_TRUE(WIFSIGNALED(killed));
  EXPECT_EQ(WTERMSIG(killed), SIGKILL);
  // Its successor has its number.
  auto next = server_.fork_worker();
  ASSERT_TRUE(server_.await_serving(*next));
  EXPECT_EQ(next->fetch({.script = script("<?php echo 'on';")}).body, "on");
  // A signal for the process that has ended hits nobody.
  server_.signal(worker, SIGKILL);
  EXPECT_EQ(next->fetch({.script = script("<?php echo 'still';")}).body, "still");
  // A fault ends it by its signal, and it leaves where it was.
  next->send({.script = script("<?php " + gate() + " echo 'on'; flush(); wait();")});
  TestResponse response;
  ASSERT_TRUE(next->read_until(response, [&] { return response.body == "on"; }));
  server_.signal(*next, SIGSEGV);
  EXPECT_EQ(WTERMSIG(await_end(*next)), SIGSEGV);
  const auto crash = base::process::copy_crash_record(next->crash_record());
  ASSERT_NE(crash, nullptr);
  EXPECT_EQ(crash->reached(), base::process::CrashStage::kComplete);
  EXPECT_EQ(std::string_view(crash->cause), "SIGSEGV");
  EXPECT_EQ(crash->pid, next->pid);
  EXPECT_EQ(crash->request.id, 7U);
  ASSERT_GT(crash->php_count, 0U);
  const base::process::CrashedPhpFrame& last = crash->php[crash->php_count - 1];
  EXPECT_EQ(std::string_view(last.function), "{main}");
  EXPECT_TRUE(std::string_view(last.file).ends_with("script" + std::to_string(scripts_) + ".php"));
  EXPECT_EQ(last.line, 1U);
}

TEST_F(HostTest, AWorkerEndsWhenItIsAskedTo) {
  TestWorker& worker = start();
  // The request that waits is served first.
  worker.send({.script = script("<?php echo 'last';")});
  worker.order(process::Order::kEnd);
  TestResponse response;
  ASSERT_TRUE(worker.read_until(response, [] { return false; }));
  EXPECT_EQ(response.body, "last");
  EXPECT_EQ(await_end(worker), 0);
  server_.stop();
  EXPECT_EQ(server_.wait_for_host(), 0);
}

TEST_F(HostTest, TheHostWaitsForItsWorkersWhenItStops) {
  TestWorker& worker = start();
  server_.stop();
  EXPECT_EQ(body_of("<?php echo 'serves';"), "serves");
  worker.order(process::Order::kEnd);
  EXPECT_EQ(await_end(worker), 0);
  EXPECT_EQ(server_.wait_for_host(), 0);
}

TEST_F(HostTest, AServerThatReadsLateLosesNoMessage) {
  start();
  const process::Message without_descriptors{.kind = MessageKind::kFork, .worker = 1};
  int sent = 0;
  // Until the host waits for room, and then does not read either.
  for (bool full = false; !full && sent < 100'000;) {
    full = true;
    for (int patience = 0; full && patience < 200; ++patience) {
      const auto one = server_.try_send(without_descriptors);
      ASSERT_TRUE(one) << one.error().message;
      full = !*one;
      if (full) ::poll(nullptr, 0, 1);
    }
    sent += full ? 0 : 1;
  }
  ASSERT_LT(sent, 100'000);
  for (int i = 0; i < sent; ++i) ASSERT_EQ(server_.receive().message.kind, MessageKind::kFailed);
  EXPECT_EQ(body_of("<?php echo 'serves';"), "serves");
}

TEST_F(HostTest, NothingIsLeftWhenTheServerIsGone) {
  TestWorker& busy = start();
  auto idle = server_.fork_worker(1);
  ASSERT_TRUE(server_.await_serving(*idle));
  // Its response has nobody who reads it.
  busy.send({.script = script("<?php for (;;) { echo str_repeat('x', 100000); flush(); }")});
  while (busy.slot(0).written.load() == 0) ::poll(nullptr, 0, 1);
  server_.close_socket();
  EXPECT_EQ(server_.wait_for_host(), 0);
  EXPECT_TRUE(is_gone(busy.pid));
  EXPECT_TRUE(is_gone(idle->pid));
}

TEST_F(HostTest, WorkersEndWithAHostThatIsKilled) {
  TestWorker& worker = start();
  ::kill(server_.host(), SIGKILL);
  (void)server_.wait_for_host();
  EXPECT_TRUE(await_gone(worker.pid));
}

TEST_F(HostTest, AWorkerHasNothingOfTheHosts) {
  start();
  auto other = server_.fork_worker(1);
  ASSERT_TRUE(server_.await_serving(*other));
  // Sockets: those of its slots, and no way to the server.
  const TestRequest request{.script = script(R"(<?php
    $sockets = 0; $memory = 0;
    foreach (scandir('/proc/self/fd') as $fd) {
      $to = (string) @readlink("/proc/self/fd/$fd");
      if (str_starts_with($to, 'socket:')) $sockets++;
      if (str_contains($to, 'memfd:tusk-')) $memory++;
    }
    echo $sockets, ' ', $memory;)")};
  EXPECT_EQ(other->fetch(request).body, std::to_string(process::kSlots) + " 0");
}

TEST_F(HostTest, TheBoardSaysHowFullOpcacheIs) {
  server_.settings.php.directives = {{.name = "opcache.file_update_protection", .value = "0"}};
  start();
  if (body_of("<?php echo PHP_VERSION_ID < 80400 ? 'old' : '';") == "old")
    GTEST_SKIP() << "the layout of OPcache's memory is not known";
  const observe::OpcacheState before = server_.board().read();
  EXPECT_EQ(before.use[observe::OpcacheFigure::kScripts], 1U);
  const TestRequest cached{.script = script("<?php echo 'x';")};
  auto other = server_.fork_worker(1);
  ASSERT_TRUE(server_.await_serving(*other));
  for (TestWorker* const worker : {worker_.get(), other.get()}) worker->fetch(cached);
  EXPECT_EQ(server_.board().read().use[observe::OpcacheFigure::kScripts], 2U);
  EXPECT_EQ(server_.board().read().misses, before.misses + 1);
  EXPECT_EQ(server_.board().read().hits, before.hits + 1);
  body_of("<?php opcache_reset();");
  EXPECT_TRUE(server_.board().read().restart_pending);
  worker_->fetch(cached);
  const observe::OpcacheState after = server_.board().read();
  EXPECT_FALSE(after.restart_pending);
  EXPECT_EQ(after.restarts, (std::array<std::uint64_t, 3>{0, 0, 1}));
  EXPECT_EQ(after.hits, before.hits + 1);
  EXPECT_EQ(after.misses, before.misses + 3);
}

TEST_F(HostTest, AWorkerCountsItsCpuTimeWhenItHasNoRequest) {
  TestWorker& worker = start();
  EXPECT_EQ(body_of("<?php for ($i = 0; $i < 100000; $i++); echo 'x';"), "x");
  EXPECT_EQ(body_of("<?php echo 'y';"), "y");
  const auto requests = [&] {
    std::uint64_t all = 0;
    for (const std::uint64_t count : worker.control().cpu_times.read().counts) all += count;
    return all;
  };
  const auto until = base::now() + kTestPatience;
  while (base::now() < until && requests() != 2) ::poll(nullptr, 0, 1);
  EXPECT_EQ(requests(), 2U);
  EXPECT_GT(worker.control().cpu_times.read().sum, 0U);
}

TEST_F(HostTest, TheLogLevelChangesBeforeTheNextRequest) {
  server_.settings.log_file = directory_.path("log");
  TestWorker& worker = start();
  const std::string log = script("<?php tusk_log('debug', 'line ' . $_GET['n']); echo 'x';");
  EXPECT_EQ(worker.fetch({.script = log, .query = "n=1"}).body, "x");
  worker.control().log_level = 1 + static_cast<std::uint32_t>(observe::Level::kDebug);
  EXPECT_EQ(worker.fetch({.script = log, .query = "n=2"}).body, "x");
  const std::string text = text_of(directory_.path("log"));
  EXPECT_EQ(text.find("line 1"), std::string::npos) << text;
  EXPECT_NE(text.find("line 2"), std::string::npos) << text;
}

TEST_F(HostTest, WorkersShareOpcacheAndNotTheirSeeds) {
  // A file that was written just now may be cached.
  server_.settings.php.directives = {{.name = "opcache.file_update_protection", .value = "0"}};
  start();
  auto other = server_.fork_worker(1);
  ASSERT_TRUE(server_.await_serving(*other));
  const TestRequest cached{.script = script("<?php echo 'x';")};
  worker_->fetch(cached);
  const std::string is_cached =
      script("<?php var_dump(opcache_is_script_cached('" + cached.script + "'));");
  EXPECT_EQ(other->fetch({.script = is_cached}).body, "bool(true)\n");
  const std::string numbers = script("<?php echo mt_rand(), ' ', lcg_value(), ' ', rand();");
  EXPECT_NE(worker_->fetch({.script = numbers}).body, other->fetch({.script = numbers}).body);
  // One resets it while the other runs a script of it.
  other->send({.script = script("<?php " + gate() + " wait(); echo 'whole';")});
  EXPECT_EQ(body_of("<?php var_dump(opcache_reset());"), "bool(true)\n");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(worker_->fetch(cached).body, "x");
  open_gate();
  TestResponse response;
  ASSERT_TRUE(other->read_until(response, [] { return false; }));
  EXPECT_EQ(response.body, "whole");
  EXPECT_EQ(other->fetch(cached).body, "x");
}

}  // namespace
}  // namespace tusk::host
