#include "base/tracing/collector_url.h"

#include <gtest/gtest.h>

namespace tusk::base::tracing {
namespace {

TEST(CollectorUrl, IsReadWithItsDefaults) {
  const auto whole = parse_collector_url("http://otel.local:4000/v1/traces?x=1");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->host, "otel.local");
  EXPECT_EQ(whole->port, "4000");
  EXPECT_EQ(whole->path, "/v1/traces?x=1");
  EXPECT_EQ(whole->authority, "otel.local:4000");
  const auto little = parse_collector_url("http://127.0.0.1");
  ASSERT_TRUE(little);
  EXPECT_EQ(little->port, "4318");
  EXPECT_EQ(little->path, "/v1/traces");
  const auto six = parse_collector_url("http://[::1]:99/");
  ASSERT_TRUE(six);
  EXPECT_EQ(six->host, "::1");
  EXPECT_EQ(six->port, "99");
  EXPECT_EQ(six->path, "/v1/traces");
}

TEST(CollectorUrl, RefusesWhatItCannotUse) {
  for (const char* bad : {"", "collector", "https://a/v1/traces", "http://", "http:///v1/traces",
                          "http://a:/x", "http://a:0/x", "http://a:99999/x", "http://a b/x",
                          "http://user@a/x", "http://a/x y", "http://[::1/x"}) {
    EXPECT_FALSE(parse_collector_url(bad)) << bad;
  }
}

}  // namespace
}  // namespace tusk::base::tracing
