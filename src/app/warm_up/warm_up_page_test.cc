#include "app/warm_up/warm_up_page.h"

#include <gtest/gtest.h>

namespace tusk::app::warm_up {
namespace {

TEST(WarmUpPage, APathIsForTheSite) {
  const WarmUpPage page = warm_up_page("/blog?x=1", false);
  EXPECT_EQ(page.target, "/blog?x=1");
  EXPECT_EQ(page.path(), "/blog");
  EXPECT_EQ(page.host, "localhost");
  EXPECT_FALSE(page.https);
  EXPECT_TRUE(warm_up_page("/", true).https);
}

TEST(WarmUpPage, AUrlNamesTheHost) {
  const WarmUpPage page = warm_up_page("https://example.com:8443/a/b?c", false);
  EXPECT_EQ(page.target, "/a/b?c");
  EXPECT_EQ(page.host, "example.com:8443");
  EXPECT_TRUE(page.https);
  EXPECT_FALSE(warm_up_page("http://example.com", true).https);
  EXPECT_EQ(warm_up_page("http://example.com", true).target, "/");
  EXPECT_EQ(warm_up_page("http://example.com?q", true).target, "/?q");
}

TEST(WarmUpPage, TheRequestSaysWhatItIs) {
  const std::string text = request_text(warm_up_page("https://h/p", false));
  EXPECT_TRUE(text.starts_with("GET /p HTTP/1.1\r\nHost: h\r\nUser-Agent: tusk/"));
  EXPECT_NE(text.find("\r\nConnection: close\r\nX-Forwarded-Proto: https\r\n\r\n"),
            std::string::npos);
  EXPECT_EQ(request_text({}).find("X-Forwarded"), std::string::npos);
}

TEST(WarmUpPage, AResponseBeginsWithAStatus) {
  EXPECT_EQ(status_of("HTTP/1.1 200 OK\r\n"), 200);
  EXPECT_EQ(status_of("HTTP/1.1 2"), 0);
  EXPECT_EQ(status_of("HTTP/1.1 2x0 "), 0);
  EXPECT_EQ(status_of(""), 0);
}

}  // namespace
}  // namespace tusk::app::warm_up
