#include "server/server.h"

#include <string>

#include "server/test/server_fixture.h"

namespace tusk::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ServerTest : public test::ServerFixture {
 protected:
  void SetUp() override {
    port_ = listen(public_services_);
    internal_port_ = listen_internally();
    server_.start();
  }

  std::uint16_t port_ = 0;
  std::uint16_t internal_port_ = 0;
};

TEST_F(ServerTest, EndsConnectionsAtTheirDeadlines) {
  test::TestClient silent(port_);
  run_until([this] { return admission_.connections() == 1; });
  pass(public_services_.limits.header_timeout - seconds(1));
  EXPECT_FALSE(silent.ended());
  pass(seconds(1));
  EXPECT_TRUE(silent.ended());
  EXPECT_EQ(admission_.connections(), 0U);
}

TEST_F(ServerTest, ASuccessorTakesThePlaceOfAConnection) {
  test::TestClient client(port_);
  client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const std::string settings(1, '\4');  // the type of the first frame
  run_until([&] { return client.received().substr(0, 4).ends_with(settings); });
  EXPECT_EQ(value_of(observe::Metric::kHttp2Connections), 1U);
  EXPECT_EQ(value_of(observe::Metric::kActiveConnections), 1U);
  EXPECT_EQ(admission_.connections(), 1U);
  client.close();
  run_until([this] { return admission_.connections() == 0; });
}

TEST_F(ServerTest, ADrainWaitsForAnIdleClientAndStopsTheLoop) {
  test::TestClient client(port_);
  make_idle(client);
  server_.drain({.all = seconds(60), .idle = milliseconds(500)});
  EXPECT_TRUE(server_.draining());
  EXPECT_FALSE(test::TestClient(port_).connected()) << "the listener is closed";
  end_round();
  EXPECT_FALSE(client.ended()) << "a request may be on its way";
  EXPECT_FALSE(loop_.stopped());
  pass(milliseconds(500));
  EXPECT_TRUE(client.ended());
  EXPECT_TRUE(loop_.stopped());
  EXPECT_FALSE(server_.drain_failed());
  EXPECT_EQ(server_.lost(), 0U);
}

TEST_F(ServerTest, ASecondDrainOnlyShortensTheTimeOfIdleClients) {
  test::TestClient client(port_);
  make_idle(client);
  server_.drain({.all = seconds(60), .idle = seconds(5)});
  pass(milliseconds(1000));
  EXPECT_FALSE(client.ended());
  server_.drain({.all = seconds(0), .idle = milliseconds(500)});
  pass(milliseconds(500));
  EXPECT_TRUE(client.ended());
  EXPECT_TRUE(loop_.stopped());
  EXPECT_FALSE(server_.drain_failed()) << "the time of the first call";
}

TEST_F(ServerTest, ADrainServesClientsInTheBacklog) {
  test::TestClient client(port_);
  client.get("/a");
  server_.drain({.all = seconds(60), .idle = milliseconds(500)});
  run_until([&client] { return client.has("hello"); });
  EXPECT_TRUE(client.has("Connection: close"));
  run_until([this] { return loop_.stopped(); });
}

TEST_F(ServerTest, ADrainThatTimesOutAnswersWith503) {
  test::TestClient client(port_);
  client.send("GET /incomplete HTTP/1.1\r\n");
  run_until([this] { return value_of(observe::Metric::kBytesReceived) > 0; });
  server_.drain({.all = seconds(0), .idle = milliseconds(500)});
  end_round();
  EXPECT_TRUE(server_.drain_failed());
  EXPECT_EQ(server_.lost(), 1U);
  run_until([&client] { return client.has("HTTP/1.1 503 "); });
  run_until([this] { return loop_.stopped(); });
}

TEST_F(ServerTest, TheInternalServerOutlivesTheConnectionsOfAllLoops) {
  ++shared_.serving;  // another loop
  server_.drain({.all = seconds(60), .idle = milliseconds(500)});
  end_round();
  EXPECT_FALSE(loop_.stopped());
  test::TestClient probe(internal_port_);
  make_idle(probe);
  --shared_.serving;
  run_until([this] { return loop_.stopped(); });
  EXPECT_TRUE(probe.ended());
  EXPECT_FALSE(test::TestClient(internal_port_).connected());
}

TEST_F(ServerTest, DrainsOnce) {
  server_.drain({.all = seconds(60), .idle = milliseconds(500)});
  server_.drain({.all = seconds(0), .idle = milliseconds(500)});
  end_round();
  EXPECT_FALSE(server_.drain_failed());
  EXPECT_EQ(shared_.serving, 0);
  EXPECT_TRUE(loop_.stopped());
}

}  // namespace
}  // namespace tusk::server
