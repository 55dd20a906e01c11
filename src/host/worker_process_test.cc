#include "host/test_host.h"

namespace tusk::host {
namespace {

using process::MessageKind;

class WorkerProcessTest : public HostTest {
 protected:
  // How often the process has waited so far.
  static std::string waits_of(pid_t pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    std::string line;
    while (std::getline(status, line) && !line.starts_with("voluntary_ctxt_switches")) {
    }
    return line;
  }
};

TEST_F(WorkerProcessTest, AnswersOneRequestAfterTheOther) {
  start();
  const TestResponse response =
      fetch("<?php header('X-A: b'); http_response_code(201); echo 'hello ', getmypid();");
  EXPECT_EQ(response.head.status, 201);
  EXPECT_EQ(response.head.find("x-a"), "b");
  EXPECT_EQ(response.body, "hello " + std::to_string(worker_->pid));
  ASSERT_TRUE(response.end);
  EXPECT_FALSE(response.end->truncated);
  EXPECT_TRUE(response.is_whole);

  const TestRequest counted{.script = script("<?php $n = ($n ?? 0) + 1; echo $n, $_GET['a'];"),
                            .query = "a=5"};
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(worker_->fetch(counted, i % 2).body, "15");

  // Both slots are filled: the order decides.
  auto& worker = *worker_;
  const std::string stamp = script("<?php echo hrtime(true);");
  worker.send({.script = stamp}, 1);
  worker.send({.script = stamp}, 0);
  TestResponse first;
  TestResponse second;
  ASSERT_TRUE(worker.read_until(second, [] { return false; }, 0));
  ASSERT_TRUE(worker.read_until(first, [] { return false; }, 1));
  EXPECT_LT(std::stoull(first.body), std::stoull(second.body));
}

TEST_F(WorkerProcessTest, WaitsWithoutWakingUp) {
  TestWorker& idle = start();
  auto busy = server_.fork_worker(1);
  ASSERT_TRUE(server_.await_serving(*busy));
  const TestRequest request{.script = script("<?php echo 1;")};
  idle.fetch(request);
  while (idle.control().sleeping.load() == 0) ::poll(nullptr, 0, 1);
  busy->fetch(request);
  const std::string before = waits_of(idle.pid);
  for (int i = 0; i < 200; ++i) busy->fetch(request);
  EXPECT_EQ(waits_of(idle.pid), before);
}

TEST_F(WorkerProcessTest, TakesBodies) {
  start();
  const std::string echo = script(
      "<?php echo md5(file_get_contents('php://input')), ' ', count($_POST), ' ', "
      "$_SERVER['CONTENT_TYPE'] ?? '';");
  for (const std::size_t size :
       {std::size_t{1}, process::kInlineBody, process::kInlineBody + 1, std::size_t{3} << 20}) {
    const std::string body(size, 'z');
    const TestResponse response =
        worker_->fetch({.script = echo,
                        .method = "POST",
                        .fields = {{"Content-Type", "application/x-www-form-urlencoded"}},
                        .body = "a=" + body});
    EXPECT_NE(response.body.find(" 1 application/x-www-form-urlencoded"), std::string::npos);
    const TestResponse again =
        worker_->fetch({.script = script("<?php echo strlen(file_get_contents('php://input'));"),
                        .method = "PUT",
                        .body = body});
    EXPECT_EQ(again.body, std::to_string(size));
  }
  // No descriptor of a body is left.
  EXPECT_EQ(body_of("<?php echo count(preg_grep('/memfd:body/', array_map(fn($f) => "
                    "(string) @readlink(\"/proc/self/fd/$f\"), scandir('/proc/self/fd'))));"),
            "0");
}

TEST_F(WorkerProcessTest, SendsLargeResponses) {
  start();
  const TestResponse response =
      fetch("<?php for ($i = 0; $i < 160; $i++) echo str_repeat(chr(65 + $i % 26), 65536);");
  ASSERT_EQ(response.body.size(), std::size_t{160} * 65536);
  for (std::size_t i = 0; i < 160; ++i)
    ASSERT_EQ(response.body[i * 65536 + 7], static_cast<char>(65 + i % 26)) << i;
  ASSERT_TRUE(response.end);
  EXPECT_FALSE(response.end->truncated);
  EXPECT_FALSE(response.is_broken);
  EXPECT_FALSE(response.is_whole);

  // A head that does not fit becomes the server's own answer.
  const TestResponse head = fetch(
      "<?php for ($i = 0; $i < 200; $i++) header(\"X-$i: \" . "
      "str_repeat('h', 1000)); echo 'body';");
  ASSERT_TRUE(head.end);
  EXPECT_EQ(head.end->error_status, 500);
  EXPECT_EQ(head.body, "");
}

TEST_F(WorkerProcessTest, WaitsForASlowClient) {
  server_.settings.reply.memory_bytes = 512 * 1024;
  server_.settings.reply.spool_bytes = 2 * 1024 * 1024;
  server_.settings.scripts.request_limit = std::chrono::minutes(10);
  TestWorker& worker = start();
  worker.reads_slowly = true;
  worker.send({.script = script("<?php " + gate() +
                                "for ($i = 0; $i < 160; $i++) echo str_repeat('a', 65536); "
                                "flush(); wait(); echo connection_status();")});
  TestResponse response;
  ASSERT_TRUE(
      worker.read_until(response, [&] { return worker.slot(0).waits_for_client.load() != 0; }));
  EXPECT_FALSE(worker.read(response));  // what it has written before it began to wait
  EXPECT_FALSE(response.end);
  EXPECT_GE(response.files, 1U);
  EXPECT_LE(response.body.size(), std::size_t{3} << 20);
  const std::int64_t deadline = worker.control().deadline_ns.load();
  const std::int64_t lost = worker.control().lost_ns.load();
  worker.reads_slowly = false;
  worker.take_pieces();
  ASSERT_TRUE(worker.read_until(response,
                                [&] { return response.body.size() == std::size_t{160} * 65536; }));
  // Before anybody has asked it.
  EXPECT_GT(worker.control().deadline_ns.load(), deadline);
  EXPECT_GT(worker.control().lost_ns.load(), lost);
  open_gate();
  ASSERT_TRUE(worker.read_until(response, [] { return false; }));
  EXPECT_EQ(response.body.size(), std::size_t{160} * 65536 + 1);
}

TEST_F(WorkerProcessTest, StreamsAndFinishesEarly) {
  TestWorker& worker = start();
  worker.send({.script = script("<?php " + gate() +
                                " header('X-Early: 1'); echo 'first'; flush(); wait(); "
                                "echo 'second';")});
  TestResponse response;
  ASSERT_TRUE(worker.read_until(response, [&] { return response.body == "first"; }));
  EXPECT_EQ(response.head.find("x-early"), "1");
  EXPECT_FALSE(response.end);
  open_gate();
  ASSERT_TRUE(worker.read_until(response, [] { return false; }));
  EXPECT_EQ(response.body, "firstsecond");

  std::filesystem::remove(directory_.path("gate"));
  worker.send({.script = script("<?php " + gate() +
                                " echo 'sent'; fastcgi_finish_request(); "
                                "wait(); echo 'unseen';")});
  TestResponse finished;
  ASSERT_TRUE(worker.read_until(finished, [&] { return finished.end.has_value(); }));
  EXPECT_EQ(finished.body, "sent");
  EXPECT_EQ(worker.slot(0).state.load(), process::SlotState::kRunning);
  open_gate();
  ASSERT_TRUE(worker.read_until(finished, [] { return false; }));
  EXPECT_EQ(finished.body, "sent");
}

TEST_F(WorkerProcessTest, NoticesThatItsClientHasLeft) {
  TestWorker& worker = start();
  const std::string mark = directory_.path("aborted");
  worker.send(
      {.script = script("<?php register_shutdown_function(fn() => file_put_contents('" + mark +
                        "', connection_status())); "
                        "for (;;) { echo str_repeat('x', 5000); flush(); }")});
  TestResponse response;
  ASSERT_TRUE(worker.read_until(response, [&] { return response.body.size() > 10000; }));
  worker.cancel(0);
  ASSERT_TRUE(worker.read_until(response, [] { return false; }));
  EXPECT_TRUE(std::filesystem::exists(mark));
  // A slot that is done without an end is a broken worker's.
  EXPECT_TRUE(response.end);
  EXPECT_EQ(body_of("<?php echo file_get_contents('" + mark + "');"), "1");
}

TEST_F(WorkerProcessTest, EndsAResponseWhoseClientLeftBeforeItsHead) {
  TestWorker& worker = start();
  worker.send({.script = script("<?php " + gate() + " touch('" + directory_.path("begun") +
                                "'); wait(); echo str_repeat('x', 1 << 22);")});
  TestResponse response;
  ASSERT_TRUE(worker.read_until(response,
                                [&] { return std::filesystem::exists(directory_.path("begun")); }));
  worker.cancel(0);
  open_gate();
  ASSERT_TRUE(worker.read_until(response, [] { return false; }));
  EXPECT_FALSE(response.is_broken);
  ASSERT_TRUE(response.end);
  EXPECT_EQ(response.end->error_status, 500);
  EXPECT_EQ(body_of("<?php echo 'next';"), "next");
}

TEST_F(WorkerProcessTest, TellsOfErrors) {
  start();
  const TestResponse fatal = fetch("<?php undefined_function();");
  EXPECT_EQ(fatal.head.status, 500);
  EXPECT_NE(fatal.fatal_error.find("undefined_function"), std::string::npos);
  ASSERT_TRUE(fatal.end);
  EXPECT_TRUE(fatal.end->fatal_error);
  const TestResponse left = fetch("<?php echo 'a'; exit('b');");
  EXPECT_EQ(left.body, "ab");
  EXPECT_FALSE(left.end->fatal_error);
  EXPECT_EQ(left.fatal_error, "");
  EXPECT_TRUE(fetch("<?php ini_set('memory_limit', '8M'); $a = str_repeat('x', 1 << 26);")
                  .end->fatal_error);
  // The stack is as large as the settings say: destructors recurse without a check.
  EXPECT_EQ(body_of("<?php $o = null; for ($i = 0; $i < 150000; $i++) { $n = new stdClass; "
                    "$n->n = $o; $o = $n; } $n = $o = null; echo 'freed';"),
            "freed");
}

TEST_F(WorkerProcessTest, PutsBackWhatAScriptChanges) {
  start();
  const std::string state =
      "echo getenv('A'), '|', umask(), '|', setlocale(LC_ALL, 0), '|', ini_get('precision');";
  const std::string before = body_of("<?php " + state);
  const std::string during = body_of(
      "<?php putenv('A=b'); umask(0777); setlocale(LC_ALL, 'C.UTF-8'); ini_set('precision', 3);" +
      state);
  EXPECT_NE(during, before);
  EXPECT_EQ(body_of("<?php " + state), before);
  EXPECT_EQ(body_of("<?php chdir('/'); echo getcwd();"), "/");
  EXPECT_EQ(body_of("<?php echo getcwd();"), directory_.path());
  // A child of the script is none of the worker.
  EXPECT_EQ(body_of("<?php $p = pcntl_fork(); if ($p === 0) { echo 'child'; exit(3); } "
                    "pcntl_waitpid($p, $s); echo pcntl_wexitstatus($s);"),
            "3");
  EXPECT_EQ(body_of("<?php echo trim(shell_exec('echo out'));"), "out");
}

TEST_F(WorkerProcessTest, TimeLimitsEndScripts) {
  server_.settings.scripts.request_limit = std::chrono::milliseconds(200);
  TestWorker& worker = start();
  for (const std::string_view text : {"<?php for (;;);", "<?php sleep(100); sleep(100);",
                                      "<?php $s = stream_socket_pair(1, 1, 0); fread($s[0], 1);"}) {
    worker.send({.script = script(text)});
    EXPECT_EQ(watch(worker).end->error_status, 504) << text;
  }
  EXPECT_EQ(body_of("<?php echo 'fine';"), "fine");
  EXPECT_EQ(worker.control().deadline_ns.load(), 0);
  EXPECT_EQ(worker.control().lost_ns.load(), 0);
}

TEST_F(WorkerProcessTest, ScriptsChooseTheirTime) {
  TestWorker& worker = start();
  worker.send({.script = script("<?php set_time_limit(1); for (;;);")});
  const TestResponse response = watch(worker);
  EXPECT_EQ(response.head.status, 500);
  EXPECT_NE(response.fatal_error.find("Maximum execution time"), std::string::npos);
}

TEST_F(WorkerProcessTest, CompressesResponses) {
  server_.settings.compression.scripts = {http::ContentCoding::kGzip};
  server_.settings.compression.types = http::coding::MediaTypes({"text/html"});
  start();
  const std::string page = script("<?php echo str_repeat('abc ', 5000);");
  const TestResponse response =
      worker_->fetch({.script = page, .fields = {{"Accept-Encoding", "gzip"}}});
  EXPECT_EQ(response.head.find("content-encoding"), "gzip");
  EXPECT_LT(response.body.size(), 2000U);
  EXPECT_EQ(worker_->fetch({.script = page}).body.size(), 20000U);
}

}  // namespace
}  // namespace tusk::host
