// Tests of accepting.cc, and of Server::Listener.

#include <string>
#include <vector>

#include "clients/trusted_proxies.h"
#include "server/test/server_fixture.h"

namespace tusk::server {
namespace {

std::vector<config::TrustedProxy> this_machine() {
  return {*config::parse_trusted_proxy("127.0.0.1")};
}

class AcceptingTest : public test::ServerFixture {};

TEST_F(AcceptingTest, ServesAClient) {
  const std::uint16_t port = listen(public_services_);
  server_.start();
  test::TestClient client(port);
  client.get("/a");
  run_until([&client] { return client.has("hello"); });
  EXPECT_EQ(router_.targets, std::vector<std::string>{"/a"});
  EXPECT_EQ(value_of(observe::Metric::kConnections), 1U);
  EXPECT_EQ(value_of(observe::Metric::kActiveConnections), 1U);
  EXPECT_EQ(admission_.connections(), 1U);
  client.close();
  run_until([this] { return admission_.connections() == 0; });
  EXPECT_EQ(value_of(observe::Metric::kActiveConnections), 0U);
}

TEST_F(AcceptingTest, DoesNotCountTheInternalServer) {
  const std::uint16_t port = listen_internally();
  server_.start();
  test::TestClient client(port);
  make_idle(client);
  EXPECT_EQ(admission_.connections(), 0U);
  EXPECT_EQ(value_of(observe::Metric::kConnections), 0U);
  EXPECT_EQ(value_of(observe::Metric::kActiveConnections), 0U);
}

class FullServerTest : public test::ServerFixture {
 protected:
  FullServerTest() : test::ServerFixture({.connections = 2, .per_client = 10}) {}
};

TEST_F(FullServerTest, EndsTheOldestIdleConnectionToMakeRoom) {
  const std::uint16_t port = listen(public_services_);
  server_.start();
  test::TestClient first(port);
  make_idle(first);
  test::TestClient second(port);
  make_idle(second);
  test::TestClient third(port);
  make_idle(third);
  run_until([&first] { return first.ended(); });
  EXPECT_FALSE(second.ended());
  EXPECT_FALSE(third.ended());
  EXPECT_EQ(admission_.connections(), 2U);
  EXPECT_EQ(value_of(observe::Metric::kConnectionsShed), 1U);
  EXPECT_EQ(value_of(observe::Metric::kConnectionsRefused), 0U);
}

TEST_F(FullServerTest, RefusesAClientWhileNoConnectionIsIdle) {
  const std::uint16_t port = listen(public_services_);
  server_.start();
  test::TestClient first(port);
  test::TestClient second(port);
  for (test::TestClient* const busy : {&first, &second}) {
    make_idle(*busy);
    busy->send("GET /incomplete HTTP/1.1\r\n");
  }
  run_until([this] { return admission_.connections() == 2; });
  test::TestClient third(port);
  run_until([&third] { return third.ended(); });
  EXPECT_FALSE(first.ended());
  EXPECT_FALSE(second.ended());
  EXPECT_EQ(refused(observe::Refusal::kFull), 1U);
}

TEST_F(FullServerTest, ServesTheInternalServerBeyondTheLimit) {
  const std::uint16_t port = listen(public_services_);
  const std::uint16_t internal_port = listen_internally();
  server_.start();
  test::TestClient first(port);
  make_idle(first);
  test::TestClient second(port);
  make_idle(second);
  test::TestClient probe(internal_port);
  make_idle(probe);
  EXPECT_FALSE(first.ended());
}

class ClientLimitTest : public test::ServerFixture {
 protected:
  ClientLimitTest() : test::ServerFixture({.connections = 10, .per_client = 1}) {}

  clients::TrustedProxies proxies_{this_machine()};
};

TEST_F(ClientLimitTest, RefusesAClientWithTooManyConnections) {
  const std::uint16_t port = listen(public_services_);
  server_.start();
  test::TestClient first(port);
  make_idle(first);
  test::TestClient second(port);
  run_until([&second] { return second.ended(); });
  EXPECT_FALSE(first.ended()) << "a client does not make room for itself";
  EXPECT_EQ(refused(observe::Refusal::kClient), 1U);
  EXPECT_EQ(admission_.connections(), 1U);
}

TEST_F(ClientLimitTest, DoesNotLimitATrustedProxy) {
  public_services_.proxies = &proxies_;
  const std::uint16_t port = listen(public_services_);
  server_.start();
  test::TestClient first(port);
  make_idle(first);
  test::TestClient second(port);
  make_idle(second);
  EXPECT_EQ(admission_.connections(), 2U);
  EXPECT_EQ(admission_.clients(), 0U);
}

TEST_F(ClientLimitTest, CountsTheClientInThePROXYHeader) {
  public_services_.proxy_protocol = &proxies_;
  const std::uint16_t port = listen(public_services_);
  server_.start();
  test::TestClient first(port);
  first.send("PROXY TCP4 203.0.113.7 198.51.100.1 4000 80\r\n");
  make_idle(first);
  test::TestClient other(port);
  other.send("PROXY TCP4 203.0.113.8 198.51.100.1 4000 80\r\n");
  make_idle(other);
  test::TestClient second(port);
  second.send("PROXY TCP4 203.0.113.7 198.51.100.1 4001 80\r\n");
  run_until([&second] { return second.ended(); });
  EXPECT_EQ(refused(observe::Refusal::kClient), 1U);
  EXPECT_EQ(admission_.connections(), 2U);
  EXPECT_EQ(admission_.clients(), 2U);
}

}  // namespace
}  // namespace tusk::server
