#include "http/h2/priority.h"

#include <gtest/gtest.h>

namespace tusk::http::h2 {
namespace {

Priority merged(std::string_view client, std::string_view server) {
  Priority priority;
  priority.merge(client);
  priority.merge(server);
  return priority;
}

TEST(Priority, TheServersWordGoesBeforeTheClients) {
  EXPECT_EQ(merged("", ""), (Priority{3, false}));
  EXPECT_EQ(merged("u=5, i", ""), (Priority{5, true}));
  EXPECT_EQ(merged("u=5, i", "u=1"), (Priority{1, true}));  // the example of RFC 9218 §8
  EXPECT_EQ(merged("u=5,i", "i=?0"), (Priority{5, false}));
  EXPECT_EQ(merged("u=0;x=1", "i=?1;y"), (Priority{0, true}));
}

TEST(Priority, WhatIsNotKnownIsIgnored) {
  for (const std::string_view odd : {"u=8", "u=-1", "u=10", "u", "u=1.0", "U=1", "i=1", "i=?2",
                                     "a=1", ",,", "=", ";", "u = 1", "\"u=1"}) {
    EXPECT_EQ(merged("u=4", odd), (Priority{4, false})) << odd;
  }
  EXPECT_EQ(merged("", "a=(1 2), u=2, b"), (Priority{2, false}));
}

}  // namespace
}  // namespace tusk::http::h2
