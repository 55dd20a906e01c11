// The deadlines of an http2::Connection, and its drain (deadlines.cc).

#include "server/test/http2_fixture.h"

namespace tusk::server::http2 {
namespace {

namespace raw = http::h2::raw;

using std::chrono::milliseconds;
using std::chrono::seconds;

class Http2DeadlinesTest : public test::Http2Fixture {};

raw::Fields post() {
  raw::Fields fields = raw::get();
  fields[0].second = "POST";
  return fields;
}

TEST_F(Http2DeadlinesTest, ANewClientHasTheHeaderTimeout) {
  start();
  EXPECT_EQ(connection_->deadline(), loop_.now() + listener_.limits.header_timeout);
  wait_for_deadline();
  EXPECT_NE(find(received(), raw::kGoaway, 0), nullptr);
  EXPECT_EQ(ended_.size(), 1U);
}

TEST_F(Http2DeadlinesTest, AnIdleClientHasTheIdleTimeout) {
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

TEST_F(Http2DeadlinesTest, AnIncompleteHeadHasTheHeaderTimeout) {
  start();
  send(raw::headers(1, raw::get()));
  loop_.advance(seconds(30));
  expire();  // the deadline of the new client has passed, and no longer counts
  send(raw::frame(raw::kHeaders, raw::kEndStream, 3, raw::block(raw::get())));
  EXPECT_EQ(connection_->deadline(), loop_.now() + listener_.limits.header_timeout);
  wait_for_deadline();
  EXPECT_EQ(ended_.size(), 1U);
}

TEST_F(Http2DeadlinesTest, EndsAClientThatReadsNothing) {
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

TEST_F(Http2DeadlinesTest, ADrainAnnouncesTheEnd) {
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

TEST_F(Http2DeadlinesTest, ADrainThatTimesOutAnswersIncompleteRequestsWith503) {
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

TEST_F(Http2DeadlinesTest, ClosesOnRequestOnlyWhenIdle) {
  start();
  EXPECT_FALSE(connection_->close_if_idle()) << "a new client has its header timeout";
  send(raw::headers(1, post(), raw::Body::kFollows));
  EXPECT_FALSE(connection_->close_if_idle());
  send(raw::frame(raw::kData, raw::kEndStream, 1, "x"));
  EXPECT_TRUE(connection_->close_if_idle());
  EXPECT_EQ(ended_.size(), 1U);
}

TEST_F(Http2DeadlinesTest, EachHeadHasATimeOfItsOwn) {
  start();
  const auto begin = [](std::int32_t id) {
    return raw::frame(raw::kHeaders, raw::kEndStream, id, raw::block(raw::get()));
  };
  const auto end = [](std::int32_t id) {
    return raw::frame(raw::kContinuation, raw::kEndHeaders, id, {});
  };
  send(begin(1));
  loop_.advance(seconds(6));
  send(end(1) + begin(3));
  loop_.advance(listener_.limits.header_timeout - milliseconds(1));
  expire();
  EXPECT_TRUE(ended_.empty()) << "the first head's time has passed, and does not count";
  loop_.advance(milliseconds(1));
  expire();
  EXPECT_EQ(ended_.size(), 1U);
}

TEST_F(Http2DeadlinesTest, AnIncompleteHeadIsNotExcusedByRequestsThatRun) {
  router_.script = "/index.php";
  start();
  send(raw::headers(1, raw::get()));
  send(raw::frame(raw::kHeaders, raw::kEndStream, 3, raw::block(raw::get())));
  loop_.advance(listener_.limits.header_timeout);
  expire();
  EXPECT_NE(find(received(), raw::kGoaway, 0), nullptr);
  EXPECT_EQ(ended_.size(), 1U);
}

TEST_F(Http2DeadlinesTest, ARequestThatRunsHasNoIdleTimeout) {
  router_.script = "/index.php";
  shared_.dispatcher.pool_of({}).queue_timeout = seconds(1000);
  start();
  send(raw::headers(1, raw::get()));
  loop_.advance(listener_.limits.idle_timeout + seconds(1));
  expire();
  EXPECT_TRUE(ended_.empty());
  shared_.run_script([](exec::Reply& reply) { reply.write("late"); });
  end_rounds();
  EXPECT_EQ(bodies_of(received(), 1), "late");
}

TEST_F(Http2DeadlinesTest, AClientThatReadsAgainHasNoWriteDeadline) {
  listener_.limits.idle_timeout = seconds(1000);
  start();
  client_->client_stalls();
  send(raw::headers(1, raw::get()));
  wait_for_deadline();
  client_->client_takes(1'000'000);
  end_rounds();
  loop_.advance(2 * listener_.limits.write_timeout);
  expire();
  EXPECT_TRUE(ended_.empty());
  EXPECT_EQ(value_of(observe::Metric::kHttp2Violated), 0U);
}

TEST_F(Http2DeadlinesTest, ADrainIsAnnouncedOnce) {
  start();
  connection_->drain();
  end_rounds();
  ASSERT_NE(find(received(), raw::kGoaway, 0), nullptr);
  loop_.advance(milliseconds(200));
  connection_->drain();
  end_rounds();
  EXPECT_EQ(find(received(), raw::kGoaway, 0), nullptr);
  loop_.advance(milliseconds(300));
  expire();
  EXPECT_EQ(ended_.size(), 1U) << "the second drain() has not restarted the time";
}

}  // namespace
}  // namespace tusk::server::http2
