#include "net/loop.h"

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

namespace tusk::net {
namespace {

class Rounds final : public LoopClient {
 public:
  explicit Rounds(Loop& loop) : loop_(loop) {}
  std::size_t end_round() override {
    if (++count_ == 3) loop_.stop();
    return 0;
  }
  bool prepare_to_sleep() override { return true; }
  void awake() override {}
  int count() const { return count_; }

 private:
  Loop& loop_;
  int count_ = 0;
};

// Like a socket whose client sends faster than the server reads.
void never_rest(Loop& loop, const Rounds& rounds, int& ran) {
  ++ran;
  if (rounds.count() >= 3 || ran > 100'000) return;
  boost::asio::post(loop.io(), [&] { never_rest(loop, rounds, ran); });
}

TEST(Loop, ARoundEndsThoughSomeHandlerIsAlwaysReady) {
  Loop loop;
  Rounds rounds(loop);
  int ran = 0;
  boost::asio::post(loop.io(), [&] { never_rest(loop, rounds, ran); });
  loop.run(rounds);
  EXPECT_EQ(rounds.count(), 3);
  EXPECT_LT(ran, 1000);
}

}  // namespace
}  // namespace tusk::net
