// Tests of hostile clients: the session ends each of them.

#include <gtest/gtest.h>

#include "http/h2/session_fixture.h"

namespace tusk::http::h2 {
namespace {

class Flood : public SessionFixture {
 protected:
  // Sends `frame` up to `most` times; reads the answers unless told otherwise. Returns how many
  // were accepted.
  int flood(const std::string& frame, int most, bool reads = true) {
    for (int i = 0; i < most; ++i) {
      if (!receive(frame)) return i;
      if (reads) produce();
    }
    return most;
  }

  void expect_told(Violation violation) {
    EXPECT_EQ(session->violation(), violation) << to_string(session->violation());
    EXPECT_EQ(goaway_of(produce()), ErrorCode::kEnhanceYourCalm);
    EXPECT_TRUE(session->finished());
    EXPECT_FALSE(receive(raw::frame(raw::kPing, 0, 0, "12345678")));
  }
};

TEST_F(Flood, OfResets) {
  begin();
  StreamId id = 1;
  int taken = 0;
  for (; taken < 10'000; ++taken, id += 2) {
    if (!receive(raw::headers(id, raw::get()) +
                 raw::frame(raw::kRstStream, 0, id, raw::number(8, 4)))) {
      break;
    }
  }
  EXPECT_EQ(taken, 500);
  expect_told(Violation::kResets);
}

TEST_F(Flood, OfResetsSpreadOverTimeIsNone) {
  begin();
  StreamId id = 1;
  for (int i = 0; i < 5000; ++i, id += 2) {
    ASSERT_TRUE(receive(raw::headers(id, raw::get()) +
                        raw::frame(raw::kRstStream, 0, id, raw::number(8, 4))))
        << i;
    now += std::chrono::milliseconds(25);
  }
}

TEST_F(Flood, OfResponsesThatFailIsNone) {
  begin();
  StreamId id = 1;
  for (int i = 0; i < 2000; ++i, id += 2) {
    ASSERT_TRUE(receive(raw::headers(id, raw::get()))) << i;
    session->reset(id, ErrorCode::kInternalError);
    ASSERT_EQ(reset_of(produce(), id), ErrorCode::kInternalError) << i;
  }
  EXPECT_EQ(session->violation(), Violation::kNone);
}

TEST_F(Flood, OfStreamsThatMakeUsReset) {  // CVE-2025-8671
  begin();
  StreamId id = 1;
  bool open = true;
  int taken = 0;
  for (; taken < 10'000 && open; ++taken, id += 2) {
    // A window beyond its maximum is a stream error (RFC 9113 §6.9.1).
    receive(raw::headers(id, raw::get(), raw::Body::kFollows) +
            raw::frame(raw::kWindowUpdate, 0, id, raw::number(0x7fffffff, 4)));
    open = goaway_of(produce()) == std::nullopt;
  }
  EXPECT_LE(taken, 502);
  EXPECT_EQ(session->violation(), Violation::kResets);
  EXPECT_TRUE(session->finished());
}

TEST_F(Flood, OfPings) {
  begin();
  EXPECT_LE(flood(raw::frame(raw::kPing, 0, 0, "12345678"), 10'000), 2000);
  expect_told(Violation::kPings);
}

TEST_F(Flood, OfPingsWhoseAnswersAreNotRead) {
  limits.max_control_frames = 1'000'000;
  begin();
  EXPECT_LE(flood(raw::frame(raw::kPing, 0, 0, "12345678"), 10'000, false), 1001);
  expect_told(Violation::kAcks);
}

TEST_F(Flood, OfSettings) {
  begin();
  EXPECT_LE(flood(raw::settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1000}}), 10'000), 2000);
  expect_told(Violation::kSettings);
}

TEST_F(Flood, OfPriorities) {
  begin();
  EXPECT_LE(flood(raw::frame(raw::kPriority, 0, 1, raw::number(0, 4) + "x"), 10'000), 2000);
  expect_told(Violation::kPriorities);
}

TEST_F(Flood, OfWindowUpdates) {
  begin();
  EXPECT_LE(flood(raw::frame(raw::kWindowUpdate, 0, 0, raw::number(1, 4)), 10'000), 2000);
  expect_told(Violation::kWindowUpdates);
}

TEST_F(Flood, OfEmptyData) {
  begin();
  receive(raw::headers(1, raw::get(), raw::Body::kFollows));
  EXPECT_LE(flood(raw::frame(raw::kData, 0, 1, ""), 10'000), 2000);
  expect_told(Violation::kEmptyFrames);
}

TEST_F(Flood, OfUnknownFrames) {
  begin();
  EXPECT_LE(flood(raw::frame(0xfa, 0, 0, "x"), 10'000), 2000);
  expect_told(Violation::kUnknownFrames);
}

TEST_F(Flood, OfContinuations) {  // CVE-2024-27316
  begin();
  ASSERT_TRUE(receive(raw::frame(raw::kHeaders, raw::kEndStream, 1, raw::block(raw::get()))));
  EXPECT_LE(flood(raw::frame(raw::kContinuation, 0, 1, raw::field("x", "y")), 10'000), 9);
  expect_told(Violation::kContinuations);
}

TEST_F(Flood, OfLargeContinuations) {
  begin();
  ASSERT_TRUE(receive(raw::frame(raw::kHeaders, raw::kEndStream, 1, raw::block(raw::get()))));
  const std::string large = raw::field("x", std::string(16'000, 'y'));
  EXPECT_LE(flood(raw::frame(raw::kContinuation, 0, 1, large), 10'000), 9);
  EXPECT_EQ(goaway_of(produce()), ErrorCode::kEnhanceYourCalm);
}

TEST_F(Flood, FromAFieldThatIsRepeatedByOneByte) {  // an HPACK bomb
  begin();
  std::string block =
      raw::block(raw::get()) + raw::field("x", std::string(4000, 'a'), raw::Indexing::kIncremental);
  block.append(10'000, '\xbe');  // index 62: the newest entry of the table (RFC 7541 §2.3.3)
  EXPECT_FALSE(receive(raw::frame(raw::kHeaders, raw::kEndHeaders | raw::kEndStream, 1, block)));
  EXPECT_TRUE(streams.empty());
  expect_told(Violation::kHeaderList);
}

TEST_F(Flood, OfTrailers) {
  begin();
  receive(raw::headers(1, raw::get(), raw::Body::kFollows));
  std::string block = raw::field("x", std::string(4000, 'a'), raw::Indexing::kIncremental);
  block.append(10'000, '\xbe');
  EXPECT_FALSE(receive(raw::frame(raw::kHeaders, raw::kEndHeaders | raw::kEndStream, 1, block)));
  expect_told(Violation::kHeaderList);
}

TEST_F(Flood, WindowUpdatesForDataAreNone) {
  begin();
  receive(raw::headers(1, raw::get()));
  answer(1, std::string(20'000'000, 'x'));
  std::size_t got = 0;
  while (!streams.at(1)->closed) {
    const std::size_t bytes = data_of(produce(), 1).size();
    got += bytes;
    if (bytes == 0) break;
    // Four small updates for each frame of data, as no sane client sends.
    for (int part = 0; part < 2; ++part) {
      const auto half = static_cast<std::uint32_t>((bytes + 1) / 2);
      ASSERT_TRUE(receive(raw::frame(raw::kWindowUpdate, 0, 0, raw::number(half, 4))));
      ASSERT_TRUE(receive(raw::frame(raw::kWindowUpdate, 0, 1, raw::number(half, 4))));
    }
  }
  EXPECT_EQ(got, 20'000'000U);
}

TEST_F(Flood, PingsNowAndThenAreNone) {
  begin();
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_TRUE(receive(raw::frame(raw::kPing, 0, 0, "12345678"))) << i;
    produce();
    now += std::chrono::milliseconds(100);
  }
}

}  // namespace
}  // namespace tusk::http::h2
