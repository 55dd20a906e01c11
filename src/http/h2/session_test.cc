#include "http/h2/session.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "http/h2/session_fixture.h"

namespace tusk::http::h2 {
namespace {

using ::testing::Contains;
using ::testing::Pair;

class SessionTest : public SessionFixture {
 protected:
  // The streams of the DATA frames that are sent now.
  std::vector<StreamId> order_of_data() {
    std::vector<StreamId> order;
    for (const raw::Frame& frame : produce()) {
      if (frame.type == raw::kData) order.push_back(frame.id);
    }
    return order;
  }
};

TEST_F(SessionTest, BeginsWithItsSettings) {
  begin();
  ASSERT_FALSE(greeting.empty());
  EXPECT_EQ(greeting[0].type, raw::kSettings);
  // NO_RFC7540_PRIORITIES = 1 (RFC 9218 §2.1) is one of them.
  EXPECT_NE(greeting[0].payload.find(raw::number(9, 2) + raw::number(1, 4)), std::string::npos);
  const bool window_opened = std::ranges::any_of(greeting, [](const raw::Frame& frame) {
    return frame.type == raw::kWindowUpdate && frame.id == 0;
  });
  EXPECT_TRUE(window_opened);
}

TEST_F(SessionTest, ARequestIsAHead) {
  begin();
  raw::Fields fields = raw::get("/a/b?c=d");
  fields.emplace_back("accept", "*/*");
  ASSERT_TRUE(receive(raw::headers(1, fields)));
  const FakeStream& stream = *streams.at(1);
  const RequestHead& head = stream.head;
  EXPECT_FALSE(stream.refusal.refused());
  EXPECT_TRUE(stream.ended);
  EXPECT_EQ(head.view(head.method), "GET");
  EXPECT_EQ(head.view(head.target), "/a/b?c=d");
  EXPECT_EQ(head.view(head.path), "/a/b");
  EXPECT_EQ(head.view(head.query), "c=d");
  EXPECT_EQ(head.view(head.authority), "example.org");
  EXPECT_EQ(head.version, Version::kHttp2);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.has_body());
  EXPECT_EQ(stream.field("accept"), "*/*");
  EXPECT_EQ(stream.field("host"), "example.org");
  EXPECT_EQ(session->requests(), 1U);
}

TEST_F(SessionTest, HowTheBytesAreCutDoesNotMatter) {
  raw::Fields fields = raw::get("/x");
  fields.emplace_back("cookie", "a=1");
  fields.emplace_back("cookie", "b=2");
  const std::string stream = std::string(kPreface) + raw::settings({}) +
                             raw::headers(1, fields, raw::Body::kFollows) +
                             raw::frame(raw::kData, raw::kEndStream, 1, "hello");
  for (std::size_t cut = 1; cut < stream.size(); ++cut) {
    streams.clear();
    session = std::make_unique<Session>(limits, *this);
    ASSERT_TRUE(receive(std::string_view(stream).substr(0, cut))) << cut;
    ASSERT_TRUE(receive(std::string_view(stream).substr(cut))) << cut;
    ASSERT_EQ(streams.size(), 1U) << cut;
    EXPECT_EQ(streams.at(1)->body, "hello") << cut;
    EXPECT_TRUE(streams.at(1)->ended) << cut;
    EXPECT_EQ(streams.at(1)->field("cookie"), "a=1; b=2") << cut;
  }
}

TEST_F(SessionTest, WhatIsNoPrefaceIsRefused) {
  session = std::make_unique<Session>(limits, *this);
  EXPECT_FALSE(receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(session->violation(), Violation::kProtocol);
  EXPECT_EQ(goaway_of(produce()), ErrorCode::kProtocolError);
  EXPECT_TRUE(session->finished());
}

TEST_F(SessionTest, AnAnswerIsHeadAndData) {
  begin();
  receive(raw::headers(1, raw::get()));
  answer(1, "hello");
  const auto frames = produce();
  ASSERT_EQ(frames.size(), 2U);
  raw::Inflater inflate;
  const raw::Fields fields = inflate(frames[0].payload);
  EXPECT_THAT(fields, Contains(Pair(":status", "200")));
  EXPECT_THAT(fields, Contains(Pair("content-type", "text/plain")));
  EXPECT_THAT(fields, Contains(Pair("content-length", "5")));
  EXPECT_EQ(frames[1].payload, "hello");
  EXPECT_TRUE(frames[1].ends_stream());
  EXPECT_TRUE(streams.at(1)->closed);
  EXPECT_EQ(streams.at(1)->code, ErrorCode::kNoError);
  EXPECT_EQ(session->open_streams(), 0U);
}

TEST_F(SessionTest, AnEmptyBodyNeedsNoData) {
  begin();
  receive(raw::headers(1, raw::get()));
  answer(1, "");
  const auto frames = produce();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_TRUE(frames[0].ends_stream());
}

TEST_F(SessionTest, ABodyThatIsNotThereYetIsSentLater) {
  begin();
  receive(raw::headers(1, raw::get()));
  streams.at(1)->reply_complete = false;
  session->send_head(1, {}, Framing::unknown(), {});
  EXPECT_EQ(produce().size(), 1U);
  streams.at(1)->reply = "first";
  session->resume(1);
  auto frames = produce();
  EXPECT_EQ(data_of(frames, 1), "first");
  EXPECT_FALSE(frames.back().ends_stream());
  streams.at(1)->reply_complete = true;
  session->resume(1);
  frames = produce();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_TRUE(frames[0].ends_stream() && frames[0].payload.empty());
}

TEST_F(SessionTest, ABodyWaitsForTheClientsWindow) {
  begin({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 10}});
  receive(raw::headers(1, raw::get()) + raw::headers(3, raw::get()));
  answer(1, std::string(100, 'a'));
  answer(3, "short");
  auto frames = produce();
  EXPECT_EQ(data_of(frames, 1).size(), 10U);
  EXPECT_EQ(data_of(frames, 3), "short");  // the other stream goes on
  receive(raw::frame(raw::kWindowUpdate, 0, 1, raw::number(90, 4)));
  frames = produce();
  EXPECT_EQ(data_of(frames, 1).size(), 90U);
  EXPECT_TRUE(frames.back().ends_stream());
}

TEST_F(SessionTest, NoMoreIsProducedThanIsAskedFor) {
  begin({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 30}});
  receive(raw::frame(raw::kWindowUpdate, 0, 0, raw::number(1 << 30, 4)));
  receive(raw::headers(1, raw::get()));
  answer(1, std::string(1'000'000, 'a'));
  std::size_t total = 0;
  while (session->wants_write()) {
    std::string out;
    session->produce(out, 50'000);
    if (out.empty()) break;
    EXPECT_LE(out.size(), 50'000U + 16384 + 9);
    total += data_of(raw::parse(out), 1).size();
  }
  EXPECT_EQ(total, 1'000'000U);
  EXPECT_TRUE(streams.at(1)->closed);
}

TEST_F(SessionTest, ABodyThatCannotBeReadResetsItsStreamOnly) {
  begin();
  receive(raw::headers(1, raw::get()) + raw::headers(3, raw::get()));
  answer(1, "hello");
  streams.at(1)->broken = true;
  answer(3, "good");
  const auto frames = produce();
  EXPECT_EQ(reset_of(frames, 1), ErrorCode::kInternalError);
  EXPECT_EQ(data_of(frames, 1), "");
  EXPECT_EQ(data_of(frames, 3), "good");
}

TEST_F(SessionTest, InterimHeadsComeBeforeTheHead) {
  begin();
  receive(raw::headers(1, raw::get()));
  ResponseHead hints;
  hints.status = 103;
  hints.add("Link", "</a.css>; rel=preload");
  session->send_interim(1, hints);
  answer(1, "x");
  const auto frames = produce();
  ASSERT_EQ(frames.size(), 3U);
  raw::Inflater inflate;
  EXPECT_THAT(inflate(frames[0].payload), Contains(Pair(":status", "103")));
  EXPECT_FALSE(frames[0].ends_stream());
  EXPECT_THAT(inflate(frames[1].payload), Contains(Pair(":status", "200")));
}

TEST_F(SessionTest, AnUploadIsNeverHeldUpByItsWindow) {
  limits.stream_window_bytes = 65535;
  limits.connection_window_bytes = 65535;
  begin();
  raw::Fields fields = raw::get();
  fields[0].second = "POST";
  receive(raw::headers(1, fields, raw::Body::kFollows));
  std::uint64_t window = 65535;
  for (int i = 0; i < 100; ++i) {
    ASSERT_GE(window, 16384U) << i;
    ASSERT_TRUE(receive(raw::frame(raw::kData, 0, 1, std::string(16384, 'x'))));
    window -= 16384;
    for (const raw::Frame& frame : produce()) {
      if (frame.type == raw::kWindowUpdate && frame.id == 1) window += frame.code();
    }
  }
  EXPECT_EQ(streams.at(1)->body.size(), 100U * 16384);
}

TEST_F(SessionTest, ALengthThatIsNotKeptMakesTheRequestMalformed) {
  begin();
  raw::Fields fields = raw::get();
  fields.emplace_back("content-length", "10");
  receive(raw::headers(1, fields, raw::Body::kFollows) +
          raw::frame(raw::kData, raw::kEndStream, 1, "short"));
  EXPECT_FALSE(streams.at(1)->ended);
  EXPECT_EQ(reset_of(produce(), 1), ErrorCode::kProtocolError);
  EXPECT_TRUE(streams.at(1)->closed);
}

TEST_F(SessionTest, TrailersAreDropped) {
  begin();
  receive(raw::headers(1, raw::get(), raw::Body::kFollows) + raw::frame(raw::kData, 0, 1, "body") +
          raw::headers(1, {{"x-trailer", "1"}}));
  EXPECT_TRUE(streams.at(1)->ended);
  EXPECT_FALSE(streams.at(1)->head.contains("x-trailer"));
}

TEST_F(SessionTest, AStreamThatTheClientResetsIsClosed) {
  begin();
  receive(raw::headers(1, raw::get()));
  receive(raw::frame(raw::kRstStream, 0, 1, raw::number(8, 4)));
  EXPECT_TRUE(streams.at(1)->closed);
  EXPECT_EQ(streams.at(1)->code, ErrorCode::kCancel);
}

// RFC 9113 §5.1, §5.1.1: each ends the connection.
TEST_F(SessionTest, WhatComesForAStreamThatTheClientHasEndedIsAnError) {
  const std::string request = raw::headers(5, raw::get());
  const std::string reset = raw::frame(raw::kRstStream, 0, 5, raw::number(8, 4));
  const std::string data = raw::frame(raw::kData, 0, 5, "x");
  const std::pair<std::string, ErrorCode> cases[] = {
      {request + reset + data, ErrorCode::kStreamClosed},
      {request + reset + request, ErrorCode::kStreamClosed},
      {request + raw::headers(3, raw::get()), ErrorCode::kProtocolError},
      {raw::frame(raw::kPriority, 0, 0, raw::number(1, 4) + "x"), ErrorCode::kProtocolError},
  };
  for (const auto& [bytes, code] : cases) {
    streams.clear();
    begin();
    EXPECT_FALSE(receive(bytes));
    EXPECT_EQ(goaway_of(produce()), code);
  }
  streams.clear();
  begin();
  receive(request);
  answer(5, "x");
  produce();
  EXPECT_FALSE(receive(data)) << "both have ended it";
  EXPECT_EQ(goaway_of(produce()), ErrorCode::kStreamClosed);
}

TEST_F(SessionTest, AStreamThatNobodyTakesIsRefused) {
  begin();
  refuse_all = true;
  receive(raw::headers(1, raw::get()));
  EXPECT_EQ(reset_of(produce(), 1), ErrorCode::kRefusedStream);
}

TEST_F(SessionTest, StreamsBeyondTheLimitAreRefusedOneByOne) {
  limits.max_streams = 2;
  session = std::make_unique<Session>(limits, *this);
  // These arrive before the client can know the limit (RFC 9113 §5.1.2).
  ASSERT_TRUE(receive(std::string(kPreface) + raw::settings({}) + raw::headers(1, raw::get()) +
                      raw::headers(3, raw::get()) + raw::headers(5, raw::get())));
  EXPECT_EQ(reset_of(produce(), 5), ErrorCode::kRefusedStream);
  EXPECT_EQ(streams.size(), 2U);
  EXPECT_EQ(session->violation(), Violation::kNone);
}

TEST_F(SessionTest, AnnouncedEndStillTakesStreams) {
  begin();
  session->announce_end();
  auto frames = produce();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].type, raw::kGoaway);
  EXPECT_EQ(frames[0].payload.substr(0, 4), raw::number(0x7fffffff, 4));
  receive(raw::headers(1, raw::get()));
  ASSERT_EQ(streams.count(1), 1U);
  session->end();
  frames = produce();
  EXPECT_EQ(frames.at(0).payload.substr(0, 4), raw::number(1, 4));
  receive(raw::headers(3, raw::get()));
  EXPECT_EQ(streams.count(3), 0U);
  EXPECT_FALSE(session->finished());
  answer(1, "last");
  EXPECT_EQ(data_of(produce(), 1), "last");
  EXPECT_TRUE(session->finished());
}

TEST_F(SessionTest, AClientThatGoesAwayIsServedToTheEnd) {
  begin();
  receive(raw::headers(1, raw::get()));
  receive(raw::frame(raw::kGoaway, 0, 0, raw::number(0, 4) + raw::number(0, 4)));
  EXPECT_FALSE(session->finished());
  answer(1, "x");
  EXPECT_EQ(data_of(produce(), 1), "x");
  EXPECT_TRUE(session->finished());
}

TEST_F(SessionTest, UrgentStreamsGoFirst) {
  begin();
  for (const auto& [id, priority] :
       {std::pair{1, "u=7"}, std::pair{3, "u=3"}, std::pair{5, "u=0"}}) {
    raw::Fields fields = raw::get();
    fields.emplace_back("priority", priority);
    receive(raw::headers(id, fields));
  }
  for (const StreamId id : {1, 3, 5}) answer(id, std::string(16384, 'x'));
  const std::vector<StreamId> order = order_of_data();
  ASSERT_GE(order.size(), 3U);
  EXPECT_EQ(order.front(), 5);
  EXPECT_EQ(order.back(), 1);
}

// RFC 9218 §8: the response's field overrides the client's, member by member.
TEST_F(SessionTest, AResponseMayChangeItsPriority) {
  begin();
  for (const StreamId id : {1, 3, 5}) {
    raw::Fields fields = raw::get();
    fields.emplace_back("priority", "u=2");
    receive(raw::headers(id, fields));
  }
  for (const StreamId id : {1, 3, 5}) {
    streams.at(id)->reply = std::string(16384, 'x');
    ResponseHead head;
    if (id == 1) head.add("Priority", "u=6");
    if (id == 5) head.add("Priority", "a, u=1");
    session->send_head(id, head, Framing::known(16384), {});
  }
  const std::vector<StreamId> order = order_of_data();
  ASSERT_GE(order.size(), 3U);
  EXPECT_EQ(order.front(), 5);
  EXPECT_EQ(order.back(), 1);
}

TEST_F(SessionTest, ALargeHeadIsSent) {
  begin();
  receive(raw::headers(1, raw::get()));
  ResponseHead head;
  for (int i = 0; i < 200; ++i) head.add("Set-Cookie", std::string(1000, '~'));
  session->send_head(1, head, Framing::known(0), {});
  std::size_t bytes = 0;
  for (const raw::Frame& frame : produce()) {
    EXPECT_NE(frame.type, raw::kRstStream);
    if (frame.id == 1) bytes += frame.payload.size();
  }
  EXPECT_GT(bytes, 100'000U);
}

// The stream is reset and the connection goes on.
TEST_F(SessionTest, AHeadThatIsTooLargeLeavesNobodyWaiting) {
  begin();
  for (const StreamId id : {1, 3}) receive(raw::headers(id, raw::get()));
  ResponseHead head;
  for (int i = 0; i < 2000; ++i) head.add("Set-Cookie", std::string(1000, '~'));
  streams.at(1)->reply = "x";
  session->send_head(1, head, Framing::known(1), {});
  EXPECT_EQ(reset_of(produce(), 1), ErrorCode::kInternalError);
  EXPECT_TRUE(streams.at(1)->closed);
  answer(3, "y");
  EXPECT_EQ(data_of(produce(), 3), "y");
}

TEST_F(SessionTest, APriorityUpdateChangesTheOrder) {
  begin();
  for (const StreamId id : {1, 3}) receive(raw::headers(id, raw::get()));
  receive(raw::frame(0x10, 0, 0, raw::number(3, 4) + "u=0"));  // RFC 9218 §7.1
  for (const StreamId id : {1, 3}) answer(id, std::string(16384, 'x'));
  std::vector<StreamId> order;
  for (const raw::Frame& frame : produce()) {
    if (frame.type == raw::kData) order.push_back(frame.id);
  }
  ASSERT_FALSE(order.empty());
  EXPECT_EQ(order.front(), 3);
}

}  // namespace
}  // namespace tusk::http::h2
