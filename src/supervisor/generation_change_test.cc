// Changes of a generation of this test's own program while it serves. The program behaves as the
// first byte of its configuration file says.

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/signals.h"
#include "net/test_loop.h"
#include "supervisor/generation.h"

namespace tusk::supervisor {
namespace {

using std::chrono::milliseconds;

char first_byte_of(const char* variable) {
  const char* const number = std::getenv(variable);
  char byte = 0;
  return number != nullptr && ::pread(std::atoi(number), &byte, 1, 0) == 1 ? byte : '\0';
}

void write_word(int socket, std::string_view word) {
  (void)!::write(socket, word.data(), word.size());
}

// Takes any file whose first byte is not "r" over. With "x", it then asks for a successor, which
// fails.
void apply(int control, msghdr& message) {
  const cmsghdr* const rights = CMSG_FIRSTHDR(&message);
  if (rights == nullptr) return write_word(control, "not-applied no file");
  int file = -1;
  std::memcpy(&file, CMSG_DATA(rights), sizeof file);
  char byte = 0;
  const bool takes = ::pread(file, &byte, 1, 0) == 1 && byte != 'r';
  ::close(file);
  write_word(control, takes ? "applied" : "not-applied because of r");
  if (byte == 'x') write_word(control, "recycle memory 20 10");
}

[[noreturn]] void serve(int control) {
  const char behaviour = first_byte_of(kFileVariable);
  if (behaviour == 'x') std::_Exit(3);
  write_word(control, "ready");
  if (behaviour == 'm') write_word(control, "recycle memory 20 10");
  for (;;) {
    std::array<char, 64> word;
    std::array<char, CMSG_SPACE(sizeof(int))> space{};
    iovec part{word.data(), word.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = space.data();
    message.msg_controllen = space.size();
    pollfd readable{.fd = control, .events = POLLIN, .revents = 0};
    (void)::poll(&readable, 1, -1);
    const ssize_t count = ::recvmsg(control, &message, 0);
    if (count <= 0) std::_Exit(0);
    const std::string_view said(word.data(), static_cast<std::size_t>(count));
    if (said == "ping") write_word(control, "alive");
    if (said == "apply") apply(control, message);
    if (said.starts_with("drain")) std::_Exit(0);
  }
}

[[gnu::constructor]] void be_a_server_where_one_is_wanted() {
  const char* const control = std::getenv(kControlVariable);
  if (std::getenv("FAKE_CHANGING_SERVER") != nullptr && control != nullptr)
    serve(std::atoi(control));
}

class GenerationChangeTest : public testing::Test, public Generation::Listener {
 protected:
  GenerationChangeTest() { await_signal(); }

  static Configuration configuration(std::string text, std::size_t processes = 1) {
    Configuration made;
    made.processes = processes;
    made.drain_timeout = milliseconds(10);
    made.file_text = std::move(text);
    return made;
  }

  Generation& start(Configuration configuration) {
    program_ = {"/proc/self/exe", {"fake-server"}, {"FAKE_CHANGING_SERVER=1"}};
    generation_ = std::make_unique<Generation>(
        loop_, 1, program_, processes_, std::move(configuration), BoundSockets{}, *this, crashes_);
    EXPECT_TRUE(generation_->start());
    run_until([&] { return ready_; });
    return *generation_;
  }

  void run_until(const std::function<bool()>& condition) {
    while (!condition()) loop_.run_one();
  }

  std::vector<pid_t> pids() const {
    std::vector<pid_t> found;
    for (const ProcessState& process : generation_->processes()) found.push_back(process.pid);
    return found;
  }

  void TearDown() override {
    if (generation_ == nullptr || generation_->running() == 0) return;
    generation_->drain(DrainCause::kEnds);
    generation_->kill_all();
    run_until([&] { return drained_; });
  }

  void on_ready(Generation&) override { ready_ = true; }
  void on_failed_start(Generation&, const Ending&) override {}
  void on_drained(Generation&) override { drained_ = true; }
  void on_applied(Generation&, std::vector<std::string> refusals) override {
    ++applied_;
    refusals_ = std::move(refusals);
  }
  bool may_recycle() const override { return may_recycle_; }

  net::TestLoop loop_;
  net::Signals signals_{loop_, {SIGCHLD}};
  crash::CrashReporter crashes_{loop_};
  ServerProgram program_;
  ProcessTable processes_;
  std::unique_ptr<Generation> generation_;
  std::vector<std::string> refusals_;
  int applied_ = 0;
  int ended_ = 0;
  std::size_t most_running_ = 0;
  bool ready_ = false;
  bool drained_ = false;
  bool may_recycle_ = true;

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

TEST_F(GenerationChangeTest, AProcessThatAsksIsReplacedOnce) {
  may_recycle_ = false;
  Generation& generation = start(configuration("m"));
  const std::vector<pid_t> before = pids();
  run_until([&] { return generation.processes().front().recycling.has_value(); });
  may_recycle_ = true;
  generation.recycle_next();
  run_until([&] { return ended_ == 1 && generation.running() == 1; });
  EXPECT_NE(pids(), before);
  EXPECT_TRUE(generation.ready());
  EXPECT_TRUE(generation.all_alive());
  EXPECT_EQ(most_running_, 2U);
  // The second one asks at once, too, and has to wait.
  run_until([&] { return generation.processes().front().recycling.has_value(); });
  EXPECT_EQ(ended_, 1);
}

TEST_F(GenerationChangeTest, OneProcessIsReplacedAfterTheOther) {
  may_recycle_ = false;
  Generation& generation = start(configuration("m", 3));
  const std::vector<pid_t> before = pids();
  may_recycle_ = true;
  generation.recycle_next();
  run_until([&] { return ended_ == 3; });
  EXPECT_EQ(most_running_, 4U);
  EXPECT_EQ(generation.running(), 3U);
  for (const pid_t pid : pids()) EXPECT_EQ(std::ranges::count(before, pid), 0);
}

TEST_F(GenerationChangeTest, NoProcessIsReplacedWhileAReloadIsUnderWay) {
  may_recycle_ = false;
  Generation& generation = start(configuration("m"));
  run_until([&] { return generation.processes().front().recycling.has_value(); });
  EXPECT_EQ(generation.running(), 1U);
  may_recycle_ = true;
  generation.recycle_next();
  EXPECT_EQ(generation.running(), 2U);
  generation.stop_recycling();
  may_recycle_ = false;
  run_until([&] { return ended_ == 1; });
  EXPECT_EQ(generation.running(), 1U) << "the one that serves";
  EXPECT_EQ(generation.processes().front().phase, ProcessState::Phase::kServing);
}

TEST_F(GenerationChangeTest, WhereTheSuccessorFailsTheOldProcessGoesOn) {
  Generation& generation = start(configuration("a"));
  const std::vector<pid_t> before = pids();
  generation.apply(configuration("x"));
  run_until([&] { return applied_ == 1 && ended_ == 1; });
  EXPECT_EQ(pids(), before);
  EXPECT_EQ(generation.processes().front().phase, ProcessState::Phase::kServing);
  generation.recycle_next();
  EXPECT_EQ(pids(), before) << "not before its pause is over";
}

TEST_F(GenerationChangeTest, AfterAChangeAProcessHasToAskAgain) {
  may_recycle_ = false;
  Generation& generation = start(configuration("m"));
  run_until([&] { return generation.processes().front().recycling.has_value(); });
  generation.apply(configuration("b"));
  run_until([&] { return applied_ == 1; });
  EXPECT_FALSE(generation.processes().front().recycling.has_value());
}

TEST_F(GenerationChangeTest, ACrashWhileTheSuccessorStartsLeavesTheSuccessor) {
  may_recycle_ = false;
  Generation& generation = start(configuration("m"));
  run_until([&] { return generation.processes().front().recycling.has_value(); });
  may_recycle_ = true;
  const pid_t old = pids().front();
  generation.recycle_next();
  ASSERT_EQ(generation.running(), 2U);
  ASSERT_EQ(::kill(old, SIGKILL), 0);
  run_until([&] { return ended_ == 1 && generation.all_alive(); });
  EXPECT_EQ(generation.running(), 1U);
  EXPECT_NE(pids().front(), old);
}

TEST_F(GenerationChangeTest, AllProcessesTakeNewValues) {
  Generation& generation = start(configuration("a", 3));
  const std::vector<pid_t> before = pids();
  generation.apply(configuration("b", 3));
  run_until([&] { return applied_ == 1; });
  EXPECT_TRUE(refusals_.empty());
  EXPECT_EQ(pids(), before);
  EXPECT_EQ(generation.configuration().file_text, "b");
}

TEST_F(GenerationChangeTest, AfterARefusalTheConfigurationIsAsBefore) {
  Generation& generation = start(configuration("a", 2));
  generation.apply(configuration("r", 2));
  run_until([&] { return applied_ == 1; });
  EXPECT_EQ(refusals_, (std::vector<std::string>(2, "because of r")));
  EXPECT_EQ(generation.configuration().file_text, "a");
}

TEST_F(GenerationChangeTest, AProcessThatEndsMeanwhileIsNotWaitedFor) {
  Generation& generation = start(configuration("a", 2));
  ASSERT_EQ(::kill(pids().front(), SIGSTOP), 0);
  generation.apply(configuration("b", 2));
  ASSERT_EQ(::kill(pids().front(), SIGKILL), 0);
  run_until([&] { return applied_ == 1; });
  EXPECT_TRUE(refusals_.empty());
  run_until([&] { return generation.all_alive(); });
}

}  // namespace
}  // namespace tusk::supervisor
