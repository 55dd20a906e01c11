#include "server/request_exchange.h"

#include <gtest/gtest.h>

#include "server/test/services.h"

namespace tusk::server {
namespace {

class NoSink final : public ReplySink {
 public:
  void on_reply(std::uint32_t /*bits*/) override {}
};

class RequestExchangeTest : public ::testing::Test {
 protected:
  using State = RequestExchange::State;

  test::TestServices services_;
  NoSink sink_;
  RequestExchange exchange_{services_.dispatcher.exchanges(), sink_};
};

TEST_F(RequestExchangeTest, IsHeldAndGivenBack) {
  EXPECT_EQ(exchange_.state(), State::kNone);
  exchange_.take();
  EXPECT_EQ(exchange_.state(), State::kHeld);
  exec::Exchange* const held = &*exchange_;
  exchange_.release();
  EXPECT_EQ(exchange_.state(), State::kNone);
  EXPECT_EQ(services_.dispatcher.exchanges().take().get(), held);
}

TEST_F(RequestExchangeTest, IsTheDispatchersOnceSubmitted) {
  exchange_.take();
  ASSERT_TRUE(exchange_.submit(services_.dispatcher));
  EXPECT_EQ(exchange_.state(), State::kSubmitted);
  EXPECT_TRUE(exchange_.submitted());
  EXPECT_EQ(services_.dispatcher.in_flight(), 1U);
  services_.run_script([](exec::Reply&) {});
  exchange_.release();
  EXPECT_EQ(exchange_.state(), State::kNone);
  EXPECT_EQ(services_.dispatcher.in_flight(), 0U);
}

TEST_F(RequestExchangeTest, StaysHeldWhenTheQueueIsFull) {
  RequestExchange other(services_.dispatcher.exchanges(), sink_);
  other.take();
  ASSERT_TRUE(other.submit(services_.dispatcher));
  exchange_.take();
  EXPECT_FALSE(exchange_.submit(services_.dispatcher));
  EXPECT_EQ(exchange_.state(), State::kHeld);
  services_.run_script([](exec::Reply&) {});
  other.release();
}

TEST_F(RequestExchangeTest, ForgetsWhatTheLastWorkerHasSaid) {
  exchange_.take();
  exchange_.add_reply_bits(exec::Exchange::kHeadReady | exec::Exchange::kInterim);
  EXPECT_TRUE(exchange_.reply_has(exec::Exchange::kHeadReady));
  exchange_.clear_reply_bit(exec::Exchange::kInterim);
  EXPECT_FALSE(exchange_.reply_has(exec::Exchange::kInterim));
  exchange_.release();
  exchange_.take();
  EXPECT_FALSE(exchange_.reply_has(exec::Exchange::kHeadReady));
}

}  // namespace
}  // namespace tusk::server
