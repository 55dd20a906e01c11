// Generations of this test's own program, which behaves as the variable FAKE_SERVER says.

#include "supervisor/generation.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/process/crash_record.h"
#include "supervisor/test/generation_fixture.h"

namespace tusk::supervisor {
namespace {

using test::write_word;

constexpr const char* kVariable = "FAKE_SERVER";

[[noreturn]] void serve_as(std::string_view behaviour, int control) {
  if (behaviour == "exits") std::_Exit(3);
  if (behaviour == "crashes") (void)::raise(SIGKILL);
  if (behaviour == "tells its environment") {
    const char* const pid = std::getenv("LISTEN_PID");
    const char* const names = std::getenv("LISTEN_FDNAMES");
    const bool right = pid != nullptr && std::atoi(pid) == ::getpid() && names != nullptr &&
                       std::string_view(names) == "https@127.0.0.1%3A0:internal@127.0.0.1%3A0" &&
                       ::fcntl(3, F_GETFD) == 0 && ::fcntl(4, F_GETFD) == 0 && control == 7 &&
                       std::getenv(base::process::kCrashVariable) != nullptr;
    std::array<char, 16> text{};
    const char* const file = std::getenv("TUSK_CONFIG_FD");
    const bool has_file = file != nullptr && ::pread(std::atoi(file), text.data(), 16, 0) == 4;
    const char* const generation = std::getenv("TUSK_GENERATION");
    const bool has_number = generation != nullptr && std::string_view(generation) == "1";
    std::_Exit(right && has_file && has_number ? 42 : 1);
  }
  if (behaviour == "starts for ever") {
    for (;;) ::pause();
  }
  write_word(control, "ready");
  for (;;) {
    pollfd readable{.fd = control, .events = POLLIN, .revents = 0};
    (void)::poll(&readable, 1, -1);
    std::array<char, 64> word;
    const ssize_t count = ::recv(control, word.data(), word.size(), 0);
    if (count <= 0) std::_Exit(0);
    const std::string_view said(word.data(), static_cast<std::size_t>(count));
    if (said == "ping") write_word(control, "alive");
    if (said == "will-drain" && behaviour == "exits when told of a drain") std::_Exit(0);
    if (said == "drain" && behaviour == "serves") std::_Exit(0);
    if (said == "drain" && behaviour == "fails to drain") std::_Exit(1);
  }
}

[[gnu::constructor]] void be_a_server_where_one_is_wanted() {
  const int control = test::control_of_server(kVariable);
  if (control >= 0) serve_as(std::getenv(kVariable), control);
}

class GenerationTest : public test::GenerationFixture {
 protected:
  Generation& start(std::string_view behaviour, std::size_t processes = 1,
                    BoundSockets sockets = {}, std::uint64_t number = 1) {
    return GenerationFixture::start(kVariable + ("=" + std::string(behaviour)),
                                    configuration_with("text", processes), std::move(sockets),
                                    number);
  }
};

TEST_F(GenerationTest, IsReadyOnceAllItsProcessesAre) {
  Generation& generation = start("serves", 3);
  EXPECT_FALSE(generation.ready());
  run_until([&] { return became_ready_ > 0; });
  EXPECT_TRUE(generation.ready());
  EXPECT_EQ(generation.running(), 3U);
}

TEST_F(GenerationTest, HandsOverSocketsUnderTheirNamesAndTheFile) {
  config::Address address;
  address.host = "127.0.0.1";
  BoundSockets sockets;
  for (const char* name : {"https", "internal"}) {
    auto listeners = net::Listener::open(address);
    ASSERT_TRUE(listeners);
    sockets.push_back(
        std::make_shared<const BoundAddress>(BoundAddress{name, address, std::move(*listeners)}));
  }
  start("tells its environment", 1, std::move(sockets));
  run_until([&] { return !failed_.empty(); });
  EXPECT_EQ(failed_.front().exit_status(), 42);
}

TEST_F(GenerationTest, TellsOfAProcessThatEndsBeforeItIsReady) {
  Generation& generation = start("exits");
  run_until([&] { return !failed_.empty(); });
  EXPECT_EQ(failed_.front().exit_status(), 3);
  EXPECT_EQ(generation.running(), 0U);
  EXPECT_EQ(became_ready_, 0);
}

TEST_F(GenerationTest, StartsACrashedProcessAgain) {
  start("crashes");
  run_until([&] { return ended_ >= 2; });
  EXPECT_TRUE(failed_.empty());
}

TEST_F(GenerationTest, TellsOfACrashAtTheStartOfAReload) {
  start("crashes", 1, {}, 2);
  run_until([&] { return !failed_.empty(); });
  EXPECT_TRUE(failed_.front().by_signal());
  EXPECT_EQ(ended_, 1);
}

TEST_F(GenerationTest, ReplacesAProcessThatWasKilled) {
  Generation& generation = start("serves");
  run_until([&] { return became_ready_ > 0; });
  generation.kill_all();
  run_until([&] { return ended_ == 1; });
  run_until([&] { return generation.all_alive(); });
  EXPECT_EQ(became_ready_, 1);  // the first time only
}

TEST_F(GenerationTest, DrainsAndIsThenDone) {
  Generation& generation = start("serves", 2);
  run_until([&] { return became_ready_ > 0; });
  generation.drain(DrainCause::kEnds);
  run_until([&] { return drained_ > 0; });
  EXPECT_EQ(drained_, 1);
  EXPECT_EQ(generation.running(), 0U);
  EXPECT_FALSE(generation.drain_failed());
}

TEST_F(GenerationTest, TellsThatADrainFailed) {
  Generation& generation = start("fails to drain");
  run_until([&] { return became_ready_ > 0; });
  generation.drain(DrainCause::kEnds);
  run_until([&] { return drained_ > 0; });
  EXPECT_TRUE(generation.drain_failed());
}

TEST_F(GenerationTest, StartsNoProcessAgainOnceItDrains) {
  Generation& generation = start("ignores", 2);
  run_until([&] { return became_ready_ > 0; });
  generation.drain(DrainCause::kEnds);
  generation.kill_all();
  run_until([&] { return drained_ > 0; });
  EXPECT_EQ(ended_, 2);
  EXPECT_TRUE(generation.drain_failed());
}

TEST_F(GenerationTest, AnnouncesADrainToProcessesThatStartLater) {
  Generation& generation = start("exits when told of a drain");
  run_until([&] { return became_ready_ > 0; });
  generation.announce_drain();
  run_until([&] { return ended_ == 2; });
  EXPECT_FALSE(generation.draining());
}

TEST_F(GenerationTest, DrainsWithoutProcesses) {
  Generation& generation = start("exits");
  run_until([&] { return !failed_.empty(); });
  generation.drain(DrainCause::kEnds);
  run_until([&] { return drained_ > 0; });
}

TEST_F(GenerationTest, KnowsWhetherProcessesAnswer) {
  Generation& generation = start("serves");
  run_until([&] { return became_ready_ > 0; });
  generation.send_all(Message::kPing);
  EXPECT_FALSE(generation.all_alive());
  run_until([&] { return generation.all_alive(); });
}

TEST_F(GenerationTest, DoesNotKnowOtherProcesses) {
  Generation& generation = start("serves");
  EXPECT_FALSE(generation.take_ending({.pid = 1, .status = 0}));
}

TEST_F(GenerationTest, AProcessThatStillStartsEndsWithoutAFailure) {
  Generation& generation = start("starts for ever");
  generation.drain(DrainCause::kEnds);
  run_until([&] { return drained_ > 0; });
  EXPECT_FALSE(generation.drain_failed());
}

}  // namespace
}  // namespace tusk::supervisor
