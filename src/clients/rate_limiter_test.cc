#include "clients/rate_limiter.h"

#include <string>

#include <gtest/gtest.h>

namespace tusk::clients {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

base::ClientKey client(std::string_view address) { return base::client_key(address).value(); }

// A time relative to the beginning of a window.
base::MonotonicTime at(base::Duration since) { return base::MonotonicTime(seconds(600)) + since; }

TEST(RateLimiter, LetsSoManyThroughInAWindow) {
  RateLimiter limiter({.requests = 3, .window = seconds(10), .rows = 16});
  const base::ClientKey one = client("192.0.2.1");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limiter.count(one, at(seconds(i))).count(), 0);
  // The fourth has to wait until a third of the others has left the window.
  const base::Duration wait = limiter.count(one, at(seconds(3)));
  EXPECT_GT(wait, seconds(10));
  EXPECT_LT(wait, seconds(11));
  EXPECT_EQ(limiter.count(client("192.0.2.2"), at(seconds(3))).count(), 0) << "somebody else";
}

TEST(RateLimiter, TheWindowSlides) {
  RateLimiter limiter({.requests = 10, .window = seconds(10), .rows = 16});
  const base::ClientKey one = client("192.0.2.1");
  for (int i = 0; i < 10; ++i) ASSERT_EQ(limiter.count(one, at(seconds(9))).count(), 0);
  // A new window begins, but the last ten seconds are as full as before.
  const base::Duration wait = limiter.count(one, at(seconds(10)));
  EXPECT_EQ(wait, seconds(1)) << "then a tenth of them is out of it";
  EXPECT_GT(limiter.count(one, at(milliseconds(10900))).count(), 0);
  EXPECT_EQ(limiter.count(one, at(milliseconds(11001))).count(), 0);
  EXPECT_GT(limiter.count(one, at(milliseconds(11002))).count(), 0);
  // Two windows later all are forgotten.
  for (int i = 0; i < 10; ++i) EXPECT_EQ(limiter.count(one, at(seconds(30))).count(), 0);
}

TEST(RateLimiter, WhatIsRefusedDoesNotCount) {
  RateLimiter limiter({.requests = 2, .window = seconds(10), .rows = 16});
  const base::ClientKey one = client("192.0.2.1");
  for (int i = 0; i < 1000; ++i) limiter.count(one, at(seconds(1)));
  EXPECT_EQ(limiter.count(one, at(seconds(20))).count(), 0);
}

TEST(RateLimiter, WhoWaitsAsToldIsLetIn) {
  RateLimiter limiter({.requests = 5, .window = seconds(10), .rows = 16});
  const base::ClientKey one = client("192.0.2.1");
  base::MonotonicTime now = at(seconds(0));
  int refused = 0;
  for (int i = 0; i < 100; ++i) {
    const base::Duration wait = limiter.count(one, now);
    if (wait.count() == 0) continue;
    ++refused;
    now += wait + milliseconds(1);
    ASSERT_EQ(limiter.count(one, now).count(), 0) << i;
  }
  EXPECT_GT(refused, 10);
}

TEST(RateLimiter, AFloodOfAddressesMakesItForgetTheSilentOnes) {
  RateLimiter limiter({.requests = 100, .window = seconds(10), .rows = 1});
  const base::ClientKey busy = client("192.0.2.1");
  for (int i = 0; i < 100; ++i) ASSERT_EQ(limiter.count(busy, at(seconds(1))).count(), 0);
  for (int i = 0; i < 5000; ++i) {
    limiter.count(client("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)),
                  at(seconds(2)));
  }
  EXPECT_GT(limiter.count(busy, at(seconds(3))).count(), 0) << "it is still known";
}

TEST(RateLimiter, AnotherLimitKeepsWhatWasCounted) {
  RateLimiter limiter({.requests = 3, .window = seconds(10), .rows = 16});
  const base::ClientKey one = client("192.0.2.1");
  for (int i = 0; i < 3; ++i) ASSERT_EQ(limiter.count(one, at(seconds(1))).count(), 0);
  limiter.change({.requests = 4, .window = seconds(10), .rows = 16});
  EXPECT_EQ(limiter.count(one, at(seconds(1))).count(), 0);
  EXPECT_GT(limiter.count(one, at(seconds(1))).count(), 0);
  limiter.change({.requests = 2, .window = seconds(10), .rows = 16});
  EXPECT_GT(limiter.count(one, at(seconds(9))).count(), 0);
}

TEST(RateLimiter, AnotherWindowBeginsAnew) {
  RateLimiter limiter({.requests = 1, .window = seconds(10), .rows = 16});
  const base::ClientKey one = client("192.0.2.1");
  ASSERT_EQ(limiter.count(one, at(seconds(1))).count(), 0);
  limiter.change({.requests = 1, .window = seconds(20), .rows = 16});
  EXPECT_EQ(limiter.count(one, at(seconds(1))).count(), 0);
  EXPECT_GT(limiter.count(one, at(seconds(1))).count(), 0);
}

TEST(RateLimiter, CanBeSwitchedOffAndOn) {
  RateLimiter limiter({.requests = 0});
  const base::ClientKey one = client("192.0.2.1");
  EXPECT_FALSE(limiter.is_on());
  for (int i = 0; i < 100; ++i) EXPECT_EQ(limiter.count(one, at(seconds(1))).count(), 0);
  limiter.change({.requests = 1});
  EXPECT_TRUE(limiter.is_on());
  EXPECT_EQ(limiter.count(one, at(seconds(1))).count(), 0);
  EXPECT_GT(limiter.count(one, at(seconds(1))).count(), 0);
  limiter.change({.requests = 0});
  EXPECT_EQ(limiter.count(one, at(seconds(1))).count(), 0);
}

}  // namespace
}  // namespace tusk::clients
