#include "admin/browser_guard.h"

#include <initializer_list>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

namespace tusk::admin {
namespace {

http::RequestHead head_of(
    std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  http::RequestHead head;
  for (const auto& [name, value] : fields) {
    const http::Span name_span = head.append(name);
    head.fields.push_back({name_span, head.append(value)});
  }
  return head;
}

TEST(BrowserGuard, PagesOfOthersMayOnlyLinkHere) {
  EXPECT_FALSE(comes_from_other_site(head_of({})));
  EXPECT_FALSE(comes_from_other_site(head_of({{"sec-fetch-site", "same-origin"}})));
  EXPECT_FALSE(comes_from_other_site(head_of({{"sec-fetch-site", "none"}})));
  for (const char* site : {"cross-site", "same-site"}) {
    EXPECT_TRUE(comes_from_other_site(head_of({{"sec-fetch-site", site}})));
    EXPECT_TRUE(comes_from_other_site(head_of(
        {{"sec-fetch-site", site}, {"sec-fetch-mode", "no-cors"}, {"sec-fetch-dest", "image"}})));
    EXPECT_TRUE(comes_from_other_site(head_of(
        {{"sec-fetch-site", site}, {"sec-fetch-mode", "navigate"}, {"sec-fetch-dest", "iframe"}})));
    EXPECT_FALSE(comes_from_other_site(head_of({{"sec-fetch-site", site},
                                                {"sec-fetch-mode", "navigate"},
                                                {"sec-fetch-dest", "document"}})));
  }
}

TEST(BrowserGuard, NamesThatStrangersCanRegisterAreNotLocal) {
  for (const char* host : {"", "127.0.0.1", "10.1.2.3", "[::1]", "[::ffff:10.0.0.1]", "localhost",
                           "tusk", "web.localhost", "web1.local", "tusk.prod.svc.cluster.local",
                           "db.internal", "pi.home.arpa", "a.test", "web1.example.com"}) {
    EXPECT_TRUE(is_local_name(host, "web1.example.com")) << host;
  }
  for (const char* host :
       {"example.com", "127.0.0.1.example.com", "localhost.example.com",
        "web1.example.com.evil.net", "127.1", "x.web1.example.com", "evil-internal.com", "."}) {
    EXPECT_FALSE(is_local_name(host, "web1.example.com")) << host;
  }
  EXPECT_FALSE(is_local_name("example.com", ""));
}

}  // namespace
}  // namespace tusk::admin
