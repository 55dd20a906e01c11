// HostTest: a PHP host with a worker, and scripts for it, in tests.
//
// Thread: one.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/test_directory.h"
#include "host/test_server.h"

namespace tusk::host {

class HostTest : public ::testing::Test {
 protected:
  std::string script(std::string_view text) {
    return directory_.write("script" + std::to_string(++scripts_) + ".php", text);
  }
  // Starts the host and one worker.
  TestWorker& start() {
    const process::Received ready = server_.start();
    EXPECT_EQ(ready.message.kind, process::MessageKind::kReady) << ready.text;
    worker_ = server_.fork_worker();
    EXPECT_TRUE(server_.await_serving(*worker_));
    return *worker_;
  }
  TestResponse fetch(std::string_view text) { return worker_->fetch({.script = script(text)}); }
  std::string body_of(std::string_view text) { return fetch(text).body; }

  // A script that calls wait() there goes on after open_gate().
  std::string gate() const {
    return "function wait() { while (!file_exists('" + directory_.path("gate") +
           "')) { usleep(500); clearstatcache(); } }";
  }
  void open_gate() const { directory_.write("gate", ""); }

  static std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // Waits for the end of a worker. Returns its wait status.
  int await_end(const TestWorker& worker, std::string* reason = nullptr) {
    process::Received news = server_.receive();
    if (news.message.kind == process::MessageKind::kFailed) {
      if (reason != nullptr) *reason = news.text;
      news = server_.receive();
    }
    EXPECT_EQ(news.message.kind, process::MessageKind::kEnded);
    EXPECT_EQ(news.message.pid, worker.pid);
    return news.message.value;
  }
  // Plays the server's watchdog until the response is complete.
  TestResponse watch(TestWorker& worker) {
    TestResponse response;
    const auto until = base::now() + kTestPatience;
    while (base::now() < until && !worker.read(response)) {
      const std::int64_t deadline = worker.control().deadline_ns.load();
      if (deadline != 0 && base::now().time_since_epoch().count() >= deadline)
        server_.signal(worker, process::time_signal());
      worker.wait_for_bell();
    }
    EXPECT_TRUE(response.end);
    return response;
  }
  // Neither running nor a zombie that a server would still have to wait for.
  static bool is_gone(pid_t pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(status, text);
    return text.empty() || text.substr(text.rfind(')') + 2, 1) == "Z";
  }
  static bool await_gone(pid_t pid) {
    const auto until = base::now() + kTestPatience;
    while (base::now() < until && !is_gone(pid)) ::poll(nullptr, 0, 5);
    return is_gone(pid);
  }

  base::TestDirectory directory_;
  int scripts_ = 0;
  TestServer server_;
  std::unique_ptr<TestWorker> worker_;
};

}  // namespace tusk::host
