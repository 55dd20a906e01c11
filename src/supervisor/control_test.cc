#include "supervisor/control.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

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
    channel_->listen([this](Message message) { messages_.push_back(message); },
                     [this] { ++closed_; });
  }

  void other_sends(std::string_view text) {
    ASSERT_EQ(::send(other_.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }

  net::TestLoop loop_;
  base::UniqueFd other_;
  std::unique_ptr<ControlChannel> channel_;
  std::vector<Message> messages_;
  int closed_ = 0;
};

TEST_F(ControlChannelTest, TakesMessagesInTheirOrder) {
  other_sends("ready");
  other_sends("alive");
  while (messages_.size() < 2) loop_.run_one();
  EXPECT_EQ(messages_, (std::vector{Message::kReady, Message::kAlive}));
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

TEST_F(ControlChannelTest, CallsNothingOnceItIsClosed) {
  other_sends("ready");
  channel_->close();
  loop_.run_ready();
  EXPECT_TRUE(messages_.empty());
  EXPECT_EQ(closed_, 0);
}

TEST(ControlMessage, EachHasAText) {
  for (const Message message :
       {Message::kReady, Message::kAlive, Message::kDrain, Message::kPing}) {
    EXPECT_EQ(parse_message(to_string(message)), message);
  }
}

}  // namespace
}  // namespace tusk::supervisor
