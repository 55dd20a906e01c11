#include "http/status.h"

#include <gtest/gtest.h>

namespace tusk::http {
namespace {

TEST(Status, Phrases) {
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(404), "Not Found");
  EXPECT_EQ(reason_phrase(511), "Network Authentication Required");
  EXPECT_EQ(reason_phrase(599), "Server Error");
  EXPECT_EQ(reason_phrase(299), "Success");
  for (int status = -1000; status < 2000; ++status) {
    EXPECT_FALSE(reason_phrase(status).empty()) << status;
  }
}

TEST(Status, Bodyless) {
  for (const int status : {100, 103, 199, 204, 304}) EXPECT_TRUE(is_bodyless(status)) << status;
  for (const int status : {99, 200, 205, 303, 404}) EXPECT_FALSE(is_bodyless(status)) << status;
}

}  // namespace
}  // namespace tusk::http
