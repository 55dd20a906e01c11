#include "server/http2/connection.h"

#include "server/test/http2_fixture.h"

namespace tusk::server::http2 {
namespace {

namespace raw = http::h2::raw;

using std::chrono::milliseconds;
using std::chrono::seconds;

class Http2ConnectionTest : public test::Http2Fixture {};

raw::Fields post() {
  raw::Fields fields = raw::get();
  fields[0].second = "POST";
  return fields;
}

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

// --- deadlines.cc ---

TEST_F(Http2ConnectionTest, ANewClientHasTheHeaderTimeout) {
  start();
  EXPECT_EQ(connection_->deadline(), loop_.now() + listener_.limits.header_timeout);
  wait_for_deadline();
  EXPECT_NE(find(received(), raw::kGoaway, 0), nullptr);
  EXPECT_EQ(ended_.size(), 1U);
}

TEST_F(Http2ConnectionTest, AnIdleClientHasTheIdleTimeout) {
  start();
  send(raw::headers(1, raw::get()));
  loop_.advance(listener_.limits.idle_timeout - milliseconds(1));
  expire();
  EXPECT_TRUE(ended_.empty());
  send(raw::frame(6, 0, 0, "12345678"));
  loop_.advance(milliseconds(1));
  expire();
  EXPECT_EQ(ended_.size(), 1U) << "a PING does not restart the time";
}

TEST_F(Http2ConnectionTest, AnIncompleteHeadHasTheHeaderTimeout) {
  start();
  send(raw::headers(1, raw::get()));
  loop_.advance(seconds(30));
  expire();  // the deadline of the new client has passed, and no longer counts
  send(raw::frame(raw::kHeaders, raw::kEndStream, 3, raw::block(raw::get())));
  EXPECT_EQ(connection_->deadline(), loop_.now() + listener_.limits.header_timeout);
  wait_for_deadline();
  EXPECT_EQ(ended_.size(), 1U);
}

TEST_F(Http2ConnectionTest, EndsAClientThatReadsNothing) {
  listener_.limits.idle_timeout = seconds(1000);
  start();
  client_->client_stalls();
  send(raw::headers(1, raw::get()));
  EXPECT_EQ(connection_->deadline(), loop_.now() + seconds(1));
  wait_for_deadline();
  EXPECT_TRUE(ended_.empty()) << "the kernel is asked for the first time";
  wait_for_deadline();
  EXPECT_TRUE(client_->aborted);
  EXPECT_EQ(ended_.size(), 1U);
}

TEST_F(Http2ConnectionTest, ADrainAnnouncesTheEnd) {
  start();
  connection_->drain();
  end_rounds();
  const std::vector<raw::Frame> frames = received();
  ASSERT_NE(find(frames, raw::kGoaway, 0), nullptr);
  send(raw::headers(1, raw::get()));
  EXPECT_NE(find(received(), raw::kHeaders, 1), nullptr) << "a request on its way is answered";
  EXPECT_EQ(connection_->deadline(), loop_.now() + milliseconds(500));
  wait_for_deadline();
  EXPECT_NE(find(received(), raw::kGoaway, 0), nullptr);
  EXPECT_EQ(ended_.size(), 1U);
}

TEST_F(Http2ConnectionTest, ADrainThatTimesOutAnswersIncompleteRequestsWith503) {
  start();
  send(raw::headers(1, post(), raw::Body::kFollows));
  EXPECT_EQ(connection_->unsubmitted_requests(), 1U);
  services_.drain_timed_out = true;
  connection_->on_drain_timeout();
  end_rounds();
  const std::vector<raw::Frame> frames = received();
  const raw::Frame* const head = find(frames, raw::kHeaders, 1);
  ASSERT_NE(head, nullptr);
  EXPECT_EQ(status_of(*head), "503");
  EXPECT_EQ(connection_->unsubmitted_requests(), 0U);
}

TEST_F(Http2ConnectionTest, TheLastRequestAnnouncesTheEnd) {
  listener_.limits.keepalive_requests = 2;
  start();
  send(raw::headers(1, raw::get()));
  EXPECT_EQ(find(received(), raw::kGoaway, 0), nullptr);
  send(raw::headers(3, raw::get()));
  EXPECT_NE(find(received(), raw::kGoaway, 0), nullptr);
}

TEST_F(Http2ConnectionTest, ClosesOnRequestOnlyWhenIdle) {
  start();
  EXPECT_FALSE(connection_->close_if_idle()) << "a new client has its header timeout";
  send(raw::headers(1, post(), raw::Body::kFollows));
  EXPECT_FALSE(connection_->close_if_idle());
  send(raw::frame(raw::kData, raw::kEndStream, 1, "x"));
  EXPECT_TRUE(connection_->close_if_idle());
  EXPECT_EQ(ended_.size(), 1U);
}

}  // namespace
}  // namespace tusk::server::http2
