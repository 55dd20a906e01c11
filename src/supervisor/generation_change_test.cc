// Changes of a generation of this test's own program while it serves. The program behaves as the
// first byte of its configuration file says.

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "supervisor/generation.h"
#include "supervisor/test/generation_fixture.h"

namespace tusk::supervisor {
namespace {

using test::write_word;

constexpr const char* kVariable = "FAKE_CHANGING_SERVER";

char first_byte_of(const char* variable) {
  const char* const number = std::getenv(variable);
  char byte = 0;
  return number != nullptr && ::pread(std::atoi(number), &byte, 1, 0) == 1 ? byte : '\0';
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
    if (said == "renew-php" && behaviour == 'e') std::_Exit(0);
    if (said == "renew-php")
      write_word(control, behaviour == 'n' ? "php-not-renewed because of n" : "php-renewed");
    if (said.starts_with("drain")) std::_Exit(0);
  }
}

[[gnu::constructor]] void be_a_server_where_one_is_wanted() {
  const int control = test::control_of_server(kVariable);
  if (control >= 0) serve(control);
}

class GenerationChangeTest : public test::GenerationFixture {
 protected:
  static Configuration configuration(std::string text, std::size_t processes = 1) {
    return configuration_with(std::move(text), processes);
  }

  Generation& start(Configuration configuration) {
    Generation& generation =
        GenerationFixture::start(kVariable + std::string("=1"), std::move(configuration));
    run_until([&] { return became_ready_ > 0; });
    return generation;
  }

  std::vector<pid_t> pids() const {
    std::vector<pid_t> found;
    for (const ProcessState& process : generation_->processes()) found.push_back(process.pid);
    return found;
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

TEST_F(GenerationChangeTest, AllProcessesRenewPhp) {
  Generation& generation = start(configuration("a", 3));
  const std::vector<pid_t> before = pids();
  generation.renew_php();
  run_until([&] { return renewed_ == 1; });
  EXPECT_TRUE(renewal_failures_.empty());
  EXPECT_EQ(pids(), before);
}

TEST_F(GenerationChangeTest, ARenewalThatFailsSaysWhy) {
  Generation& generation = start(configuration("n", 2));
  generation.renew_php();
  run_until([&] { return renewed_ == 1; });
  EXPECT_EQ(renewal_failures_, (std::vector<std::string>(2, "because of n")));
}

TEST_F(GenerationChangeTest, AProcessThatEndsHasNotRenewedPhp) {
  Generation& generation = start(configuration("e"));
  generation.renew_php();
  run_until([&] { return renewed_ == 1; });
  ASSERT_EQ(renewal_failures_.size(), 1U);
  EXPECT_TRUE(renewal_failures_.front().ends_with("has ended"));
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
