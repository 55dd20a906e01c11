// GenerationFixture: the fixture of a generation's unit tests. Its server processes are the test's
// own program.
//
// Owner: a test. Thread: the test's.
#pragma once

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/signals.h"
#include "net/test_loop.h"
#include "supervisor/generation.h"

namespace tusk::supervisor::test {

// Sends a message of a server process to the test.
inline void write_word(int socket, std::string_view word) {
  (void)!::write(socket, word.data(), word.size());
}

// The control socket of a process that was started with this variable; -1: it is the test itself.
inline int control_of_server(const char* variable) {
  const char* const control = std::getenv(kControlVariable);
  return std::getenv(variable) != nullptr && control != nullptr ? std::atoi(control) : -1;
}

// A generation, and what it has told its listener.
class GenerationFixture : public testing::Test, public Generation::Listener {
 protected:
  GenerationFixture() { await_signal(); }

  static Configuration configuration_with(std::string text, std::size_t processes) {
    Configuration configuration;
    configuration.processes = processes;
    configuration.drain_timeout = std::chrono::milliseconds(10);
    configuration.file_text = std::move(text);
    return configuration;
  }

  // `variable` (NAME=value) makes the program a server process.
  Generation& start(std::string variable, Configuration configuration, BoundSockets sockets = {},
                    std::uint64_t number = 1) {
    program_ = {"/proc/self/exe", {"fake-server"}, {std::move(variable)}};
    generation_ =
        std::make_unique<Generation>(loop_, number, program_, processes_, std::move(configuration),
                                     std::move(sockets), *this, crashes_);
    EXPECT_TRUE(generation_->start());
    return *generation_;
  }

  void run_until(const std::function<bool()>& condition) {
    while (!condition()) loop_.run_one();
  }

  void TearDown() override {
    if (generation_ == nullptr || generation_->running() == 0) return;
    generation_->drain(DrainCause::kEnds);
    generation_->kill_all();
    run_until([&] { return drained_ > 0; });
  }

  void on_ready(Generation&) override { ++became_ready_; }
  void on_failed_start(Generation&, const Ending& ending) override { failed_.push_back(ending); }
  void on_drained(Generation&) override { ++drained_; }
  void on_applied(Generation&, std::vector<std::string> refusals) override {
    ++applied_;
    refusals_ = std::move(refusals);
  }
  void on_php_renewed(Generation&, std::vector<std::string> failures) override {
    ++renewed_;
    renewal_failures_ = std::move(failures);
  }
  bool may_recycle() const override { return may_recycle_; }

  net::TestLoop loop_;
  net::Signals signals_{loop_, {SIGCHLD}};
  crash::CrashReporter crashes_{loop_};
  ServerProgram program_;
  ProcessTable processes_;
  std::unique_ptr<Generation> generation_;
  int became_ready_ = 0;
  int ended_ = 0;
  int drained_ = 0;
  int applied_ = 0;
  int renewed_ = 0;
  std::vector<std::string> renewal_failures_;
  std::size_t most_running_ = 0;
  bool may_recycle_ = true;
  std::vector<std::string> refusals_;
  std::vector<Ending> failed_;

 private:
  void await_signal() {
    signals_.wait([this](int) {
      most_running_ = std::max(most_running_, generation_->running());
      Ending ending;
      while ((ending.pid = ::waitpid(-1, &ending.status, WNOHANG)) > 0) {
        ++ended_;
        EXPECT_TRUE(generation_->take_ending(ending));
      }
      await_signal();
    });
  }
};

}  // namespace tusk::supervisor::test
