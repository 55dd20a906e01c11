#include "server/answers/https_redirect.h"

#include <gtest/gtest.h>

#include "clients/trusted_proxies.h"
#include "server/test/transaction.h"
#include "site/https_policy.h"

namespace tusk::server::answers {
namespace {

class HttpsRedirectTest : public test::TransactionTest {
 protected:
  HttpsRedirectTest() {
    policy_.redirect_status = 308;
    listener_.https = &policy_;
    router_.decide = [](site::Route& route, const site::RoutedRequest&) { route.body = "routed"; };
  }

  site::HttpsPolicy policy_;
};

TEST_F(HttpsRedirectTest, LeadsToTheSameAddress) {
  ask("GET /a/b?c=d HTTP/1.1");
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.status, 308);
  EXPECT_EQ(sink_.head.find("Location"), "https://example.org/a/b?c=d");
  EXPECT_NE(sink_.body, "routed");
  EXPECT_TRUE(sink_.ended);
}

TEST_F(HttpsRedirectTest, LeadsToTheConfiguredPort) {
  policy_.redirect_status = 301;
  policy_.https_port = 8443;
  ask("GET / HTTP/1.1");
  EXPECT_EQ(sink_.head.status, 301);
  EXPECT_EQ(sink_.head.find("Location"), "https://example.org:8443/");
}

TEST_F(HttpsRedirectTest, SendsNoBodyForHead) {
  ask("HEAD / HTTP/1.1");
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.status, 308);
  EXPECT_EQ(sink_.body, "");
}

TEST_F(HttpsRedirectTest, LeavesRequestsOverTlsAlone) {
  connection_.tls.version = "TLSv1.3";
  ask();
  EXPECT_EQ(sink_.head.status, 200);
  EXPECT_EQ(sink_.body, "routed");
}

TEST_F(HttpsRedirectTest, BelievesATrustedProxyAboutTheScheme) {
  const clients::TrustedProxies proxies({config::parse_trusted_proxy("192.0.2.1").value()});
  connection_.proxies = &proxies;
  ask("GET / HTTP/1.1", "X-Forwarded-Proto: https\r\n");
  EXPECT_EQ(sink_.head.status, 200);
  ask("GET / HTTP/1.1", "X-Forwarded-Proto: http\r\n");
  EXPECT_EQ(sink_.head.status, 308);
}

TEST_F(HttpsRedirectTest, IsOffWithoutAStatusOrAPolicy) {
  policy_.redirect_status = 0;
  ask();
  EXPECT_EQ(sink_.body, "routed");
  listener_.https = nullptr;
  ask();
  EXPECT_EQ(sink_.body, "routed");
}

}  // namespace
}  // namespace tusk::server::answers
