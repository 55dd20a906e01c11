#include "server/http2/connection.h"

#include "server/test/http2_fixture.h"

namespace tusk::server::http2 {
namespace {

namespace raw = http::h2::raw;

class Http2ConnectionTest : public test::Http2Fixture {};

TEST_F(Http2ConnectionTest, AnswersRequests) {
  start();
  send(raw::headers(1, raw::get("/a")) + raw::headers(3, raw::get("/b")));
  const std::vector<raw::Frame> frames = received();
  for (const std::int32_t id : {1, 3}) {
    const raw::Frame* const head = find(frames, raw::kHeaders, id);
    ASSERT_NE(head, nullptr);
    EXPECT_EQ(status_of(*head), "200");
    EXPECT_EQ(bodies_of(frames, id), "hello");
  }
  EXPECT_EQ(router_.targets, (std::vector<std::string>{"/a", "/b"}));
  EXPECT_EQ(value_of(observe::Metric::kHttp2Connections), 1U);
}

TEST_F(Http2ConnectionTest, ContinuesWithBytesThatWereReadBefore) {
  auto stream = std::make_unique<net::FakeStream>();
  client_ = stream.get();
  connection_ = std::make_unique<Connection>(
      services_, listener_, std::move(stream), ConnectionFacts{},
      std::string(http::h2::kPreface) + raw::settings({}) + raw::headers(1, raw::get("/a")));
  connection_->start();
  end_rounds();
  EXPECT_EQ(router_.targets, std::vector<std::string>{"/a"});
}

TEST_F(Http2ConnectionTest, EndsWhenItsClientDoes) {
  start();
  client_->client_closes();
  EXPECT_TRUE(client_->closed);
  EXPECT_TRUE(connection_->can_be_freed());
  ASSERT_EQ(ended_.size(), 1U);
}

TEST_F(Http2ConnectionTest, EndsWhenTheClientBreaksTheProtocol) {
  start();
  send(raw::frame(raw::kData, 0, 1, "no stream is open"));
  const std::vector<raw::Frame> frames = received();
  ASSERT_NE(find(frames, raw::kGoaway, 0), nullptr);
  EXPECT_TRUE(client_->write_shut) << "it lingers, so that the client can read GOAWAY";
  client_->client_closes();
  EXPECT_TRUE(client_->closed);
}

TEST_F(Http2ConnectionTest, DoesNotReadFromAClientThatReadsNothing) {
  start();
  client_->client_stalls();
  std::string pings;
  for (int i = 0; i < 1000; ++i) pings += raw::frame(6, 0, 0, "12345678");
  for (int i = 0; i < 3; ++i) send(pings);
  EXPECT_GT(client_->unread(), 0U);
  EXPECT_TRUE(ended_.empty());
}

TEST_F(Http2ConnectionTest, TheLastRequestAnnouncesTheEnd) {
  listener_.limits.keepalive_requests = 2;
  start();
  send(raw::headers(1, raw::get()));
  EXPECT_EQ(find(received(), raw::kGoaway, 0), nullptr);
  send(raw::headers(3, raw::get()));
  EXPECT_NE(find(received(), raw::kGoaway, 0), nullptr);
}

}  // namespace
}  // namespace tusk::server::http2
