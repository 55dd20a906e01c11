#include "supervisor/control.h"

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/test_loop.h"

namespace tusk::supervisor {
namespace {

class ControlChannelTest : public testing::Test {
 protected:
  void SetUp() override {
    base::Result<ControlPair> pair = make_control_pair();
    ASSERT_TRUE(pair);
    other_ = std::move(pair->server);
    channel_ = std::make_unique<ControlChannel>(loop_, std::move(pair->supervisor));
    channel_->listen(
        [this](Received received) {
          messages_.push_back(received.message);
          text_ = received.text;
          descriptor_ = std::move(received.descriptor);
        },
        [this] { ++closed_; });
  }

  void other_sends(std::string_view text) {
    ASSERT_EQ(::send(other_.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }

  net::TestLoop loop_;
  base::UniqueFd other_;
  std::unique_ptr<ControlChannel> channel_;
  std::vector<Message> messages_;
  std::string text_;
  base::UniqueFd descriptor_;
  int closed_ = 0;
};

TEST(ReasonLine, IsOneShortLineWithoutControlCharacters) {
  EXPECT_EQ(reason_line("bind: in use"), "bind: in use");
  EXPECT_EQ(reason_line("\n\x1b[31mred\r\n\n  at a.php\x7f\n"), "[31mred   at a.php");
  EXPECT_EQ(reason_line("a\nb"), "a b");
  EXPECT_EQ(reason_line(std::string(499, 'x') + "\xc3\xa9"), std::string(499, 'x'));
  EXPECT_EQ(reason_line(std::string(498, 'x') + "\xc3\xa9y"), std::string(498, 'x') + "\xc3\xa9");
  EXPECT_EQ(reason_line("\n"), "");
}

TEST_F(ControlChannelTest, TakesMessagesInTheirOrder) {
  other_sends("ready");
  other_sends("alive");
  while (messages_.size() < 2) loop_.run_one();
  EXPECT_EQ(messages_, (std::vector{Message::kReady, Message::kAlive}));
}

// The kernel delivers as many as the receiver's space has room for, which is more than it needs.
TEST_F(ControlChannelTest, KeepsOneDescriptorOfAMessage) {
  const auto lowest_free = [] { return base::UniqueFd(::dup(STDERR_FILENO)).get(); };
  const std::array<int, 3> sent = {STDERR_FILENO, STDERR_FILENO, STDERR_FILENO};
  std::string word = "connection";
  iovec part{word.data(), word.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof sent)> space{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = space.data();
  header.msg_controllen = space.size();
  cmsghdr* const rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof sent);
  std::memcpy(CMSG_DATA(rights), sent.data(), sizeof sent);
  const int before = lowest_free();
  ASSERT_GT(::sendmsg(other_.get(), &header, 0), 0);
  while (messages_.empty()) loop_.run_one();
  EXPECT_TRUE(descriptor_);
  descriptor_.reset();
  EXPECT_EQ(lowest_free(), before);
}

TEST(DrainCauseText, IsReadAsItWasWritten) {
  for (const DrainCause cause :
       {DrainCause::kEnds, DrainCause::kReload, DrainCause::kUpgrade, DrainCause::kRecycled}) {
    EXPECT_EQ(drain_cause(to_text(cause)), cause) << to_word(cause);
  }
  EXPECT_EQ(drain_cause("of a later version"), DrainCause::kEnds);
}

TEST_F(ControlChannelTest, DropsMessagesThatNobodyKnows) {
  other_sends("dance");
  other_sends(std::string(1000, 'x'));
  other_sends("ready");
  while (messages_.empty()) loop_.run_one();
  EXPECT_EQ(messages_, std::vector{Message::kReady});
}

TEST_F(ControlChannelTest, TellsOnceThatTheOtherIsGone) {
  other_sends("ready");
  other_.reset();
  while (closed_ == 0) loop_.run_one();
  EXPECT_EQ(messages_, std::vector{Message::kReady});
  channel_->send(Message::kDrain);  // goes nowhere
  loop_.run_ready();
  EXPECT_EQ(closed_, 1);
}

TEST_F(ControlChannelTest, SendsWithoutWaiting) {
  for (int i = 0; i < 10000; ++i) channel_->send(Message::kPing);
  std::array<char, 16> bytes;
  ASSERT_EQ(::recv(other_.get(), bytes.data(), bytes.size(), 0), 4);
  EXPECT_EQ(std::string_view(bytes.data(), 4), "ping");
}

TEST_F(ControlChannelTest, ATextComesWithItsMessage) {
  send_message(other_.get(), Message::kReason, "tusk.toml:2: wrong");
  send_message(other_.get(), Message::kReason, std::string(10000, 'x'));
  while (messages_.empty()) loop_.run_one();
  EXPECT_EQ(messages_, (std::vector{Message::kReason, Message::kReason}));
  EXPECT_EQ(text_, std::string(2048 - 7, 'x'));
}

TEST_F(ControlChannelTest, ADescriptorComesWithItsMessage) {
  net::TestLoop loop;
  base::Result<ControlPair> pair = make_control_pair();
  ASSERT_TRUE(pair);
  ControlChannel sender(loop, std::move(pair->server));
  ControlChannel receiver(loop, std::move(pair->supervisor));
  base::UniqueFd received;
  receiver.listen([&](Received message) { received = std::move(message.descriptor); }, [] {});
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  const base::UniqueFd reader(pipe[0]);
  base::UniqueFd writer(pipe[1]);
  sender.send(Message::kConnection, writer);
  writer.reset();
  while (!received) loop.run_one();
  ASSERT_EQ(::write(received.get(), "x", 1), 1);
  EXPECT_EQ(::fcntl(received.get(), F_GETFD), FD_CLOEXEC);
  char byte = 0;
  EXPECT_EQ(::read(reader.get(), &byte, 1), 1);
}

TEST_F(ControlChannelTest, ReadsTheLastWordsOfAnEndedProcess) {
  send_message(other_.get(), Message::kReason, "no");
  other_.reset();
  channel_->read_rest();
  EXPECT_EQ(text_, "no");
  EXPECT_EQ(closed_, 0);
}

TEST_F(ControlChannelTest, CallsNothingOnceItIsClosed) {
  other_sends("ready");
  channel_->close();
  loop_.run_ready();
  EXPECT_TRUE(messages_.empty());
  EXPECT_EQ(closed_, 0);
}

TEST(ControlMessage, EachHasAText) {
  for (const Message message : {Message::kReady, Message::kAlive, Message::kReason, Message::kDrain,
                                Message::kPing, Message::kReopenLogs, Message::kConnection}) {
    EXPECT_EQ(parse_message(to_string(message)), message);
  }
}

}  // namespace
}  // namespace tusk::supervisor
