#include "server/http2/stream.h"

#include "server/test/http2_fixture.h"

namespace tusk::server::http2 {
namespace {

namespace raw = http::h2::raw;

using std::chrono::milliseconds;
using std::chrono::seconds;

class Http2StreamTest : public test::Http2Fixture {
 protected:
  static constexpr std::uint16_t kInitialWindowSize = 4;  // RFC 9113 §6.5.2

  static raw::Fields post(std::string_view length = {}) {
    raw::Fields fields = raw::get();
    fields[0].second = "POST";
    if (!length.empty()) fields.emplace_back("content-length", std::string(length));
    return fields;
  }
};

TEST_F(Http2StreamTest, WaitsForTheWholeRequest) {
  start();
  send(raw::headers(1, post(), raw::Body::kFollows));
  send(raw::frame(raw::kData, 0, 1, "ab"));
  EXPECT_TRUE(router_.targets.empty());
  send(raw::frame(raw::kData, raw::kEndStream, 1, "c"));
  EXPECT_EQ(router_.targets.size(), 1U);
}

TEST_F(Http2StreamTest, TellsAClientThatExpectsItToContinue) {
  start();
  raw::Fields fields = post();
  fields.emplace_back("expect", "100-continue");
  send(raw::headers(1, fields, raw::Body::kFollows));
  const std::vector<raw::Frame> frames = received();
  const raw::Frame* const interim = find(frames, raw::kHeaders, 1);
  ASSERT_NE(interim, nullptr);
  EXPECT_EQ(status_of(*interim), "100");
}

TEST_F(Http2StreamTest, RefusesARequestThatIsMalformed) {
  start();
  send(raw::headers(1, post("3")));
  EXPECT_TRUE(router_.targets.empty());
  EXPECT_TRUE(ended_.empty()) << "only the stream ends";
}

// By HPACK it costs the client a few bytes.
TEST_F(Http2StreamTest, RefusesFurtherLargeRequestsWhileOpenOnesHoldMuch) {
  services_.stream_bytes = StreamMemory::kMuch;
  start();
  raw::Fields large = post();
  large.emplace_back("x-large", std::string(15'000, 'a'));
  send(raw::headers(1, large, raw::Body::kFollows));
  EXPECT_GE(services_.stream_bytes, StreamMemory::kMuch + 15'000);
  for (const std::int32_t id : {3, 5, 7, 9}) send(raw::headers(id, large, raw::Body::kFollows));
  const std::vector<raw::Frame> frames = received();
  EXPECT_EQ(find(frames, raw::kRstStream, 1), nullptr);
  const raw::Frame* const reset = find(frames, raw::kRstStream, 9);
  ASSERT_NE(reset, nullptr);
  EXPECT_EQ(reset->payload, std::string_view("\0\0\0\x07", 4)) << "the client may send it again";
  send(raw::frame(raw::kRstStream, 0, 1, std::string_view("\0\0\0\x08", 4)));
  send(raw::headers(11, large, raw::Body::kFollows));
  EXPECT_EQ(find(received(), raw::kRstStream, 11), nullptr) << "there is room again";
}

TEST_F(Http2StreamTest, ABodyThatStopsIs408) {
  start();
  send(raw::headers(1, post(), raw::Body::kFollows));
  loop_.advance(seconds(20));
  send(raw::frame(raw::kData, 0, 1, "ab"));
  loop_.advance(seconds(29));
  expire();
  EXPECT_EQ(find(received(), raw::kHeaders, 1), nullptr) << "each byte restarts the time";
  loop_.advance(seconds(1));
  expire();
  const std::vector<raw::Frame> frames = received();
  const raw::Frame* const head = find(frames, raw::kHeaders, 1);
  ASSERT_NE(head, nullptr);
  EXPECT_EQ(status_of(*head), "408");
}

TEST_F(Http2StreamTest, TellsAClientToStopSendingABodyThatIsNotRead) {
  listener_.limits.body_bytes = 10;
  start();
  send(raw::headers(1, post("1000"), raw::Body::kFollows));
  std::vector<raw::Frame> frames = received();
  const raw::Frame* const head = find(frames, raw::kHeaders, 1);
  ASSERT_NE(head, nullptr);
  EXPECT_EQ(status_of(*head), "413");
  EXPECT_EQ(find(frames, raw::kRstStream, 1), nullptr) << "the client may read the response first";
  loop_.advance(milliseconds(500));
  expire();
  frames = received();
  const raw::Frame* const reset = find(frames, raw::kRstStream, 1);
  ASSERT_NE(reset, nullptr);
  EXPECT_EQ(reset->code(), static_cast<std::uint32_t>(http::h2::ErrorCode::kNoError));
}

TEST_F(Http2StreamTest, WaitsForTheClientsWindow) {
  router_.body = std::string(1000, 'x');
  start({{kInitialWindowSize, 100}});
  send(raw::headers(1, raw::get()));
  EXPECT_EQ(bodies_of(received(), 1).size(), 100U);
  send(raw::frame(raw::kWindowUpdate, 0, 1, raw::number(300, 4)));
  EXPECT_EQ(bodies_of(received(), 1).size(), 300U);
  send(raw::frame(raw::kWindowUpdate, 0, 1, raw::number(10'000, 4)));
  const std::vector<raw::Frame> frames = received();
  EXPECT_EQ(bodies_of(frames, 1).size(), 600U);
  EXPECT_TRUE(frames.back().ends_stream());
}

TEST_F(Http2StreamTest, AWaitingStreamDoesNotDelayAnother) {
  router_.body = std::string(1000, 'x');
  start({{kInitialWindowSize, 100}});
  send(raw::headers(1, raw::get()));
  received();
  router_.body = "short";
  send(raw::headers(3, raw::get()));
  EXPECT_EQ(bodies_of(received(), 3), "short");
}

TEST_F(Http2StreamTest, ResetsAStreamWhoseClientOpensNoWindow) {
  router_.body = std::string(1000, 'x');
  start({{kInitialWindowSize, 100}});
  send(raw::headers(1, raw::get()));
  received();
  loop_.advance(listener_.limits.write_timeout);
  expire();
  EXPECT_EQ(find(received(), raw::kRstStream, 1), nullptr) << "it has taken the first bytes";
  loop_.advance(listener_.limits.write_timeout);
  expire();
  EXPECT_NE(find(received(), raw::kRstStream, 1), nullptr);
  EXPECT_TRUE(ended_.empty()) << "only the stream ends";
}

TEST_F(Http2StreamTest, AResponseThatIsBrokenOffDoesNotWaitForItsClient) {
  router_.script = "/index.php";
  start({{kInitialWindowSize, 0}});
  send(raw::headers(1, raw::get()));
  exec::Exchange* const exchange = shared_.take_request();
  ASSERT_NE(exchange, nullptr);
  exec::Reply reply(*exchange, shared_.reply_limits);
  reply.write("begin");
  reply.flush();
  shared_.dispatcher.end_round();
  end_rounds();
  EXPECT_EQ(find(received(), raw::kRstStream, 1), nullptr) << "it waits for the client";
  exchange->close_for(exec::WaitReason::kStoreFull);
  shared_.dispatcher.end_round();
  end_rounds();
  EXPECT_NE(find(received(), raw::kRstStream, 1), nullptr);
  reply.release();
  shared_.dispatcher.end_round();
}

TEST_F(Http2StreamTest, AnswersAWaitingRequestWith503WhenTheDrainTimesOut) {
  router_.script = "/index.php";
  start();
  send(raw::headers(1, raw::get()));
  services_.drain_timed_out = true;
  connection_->on_drain_timeout();
  end_rounds();
  const std::vector<raw::Frame> frames = received();
  const raw::Frame* const head = find(frames, raw::kHeaders, 1);
  ASSERT_NE(head, nullptr);
  EXPECT_EQ(status_of(*head), "503");
  EXPECT_EQ(shared_.take_request(), nullptr) << "its script does not run";
}

TEST_F(Http2StreamTest, AResetEndsAWaitingResponse) {
  router_.body = std::string(1000, 'x');
  start({{kInitialWindowSize, 100}});
  send(raw::headers(1, raw::get()));
  received();
  send(raw::frame(raw::kRstStream, 0, 1, raw::number(8, 4)));
  EXPECT_EQ(connection_->unsubmitted_requests(), 0U);
  send(raw::headers(3, raw::get()));
  EXPECT_EQ(bodies_of(received(), 3).size(), 100U) << "the connection goes on";
}

TEST_F(Http2StreamTest, ARequestThatIsResetAtOnceIsNotAnswered) {
  start();
  send(raw::headers(1, raw::get()) + raw::frame(raw::kRstStream, 0, 1, raw::number(8, 4)));
  EXPECT_TRUE(router_.targets.empty());
}

TEST_F(Http2StreamTest, EndsWithItsConnection) {
  router_.body = std::string(1000, 'x');
  start({{kInitialWindowSize, 100}});
  send(raw::headers(1, raw::get()));
  client_->client_closes();
  EXPECT_TRUE(connection_->can_be_freed());
}

}  // namespace
}  // namespace tusk::server::http2
