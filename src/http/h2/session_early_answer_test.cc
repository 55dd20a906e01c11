// Tests of responses that are complete before their requests.

#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/h2/session_fixture.h"

namespace tusk::http::h2 {
namespace {

class SessionEarlyAnswer : public SessionFixture {};

TEST_F(SessionEarlyAnswer, EndsTheRequestWithoutError) {
  begin();
  raw::Fields fields = raw::get();
  fields[0].second = "POST";
  receive(raw::headers(1, fields, raw::Body::kFollows));
  answer(1, "enough");
  const auto frames = produce();
  EXPECT_EQ(data_of(frames, 1), "enough");
  EXPECT_TRUE(streams.at(1)->answered_early);
  // The connection decides when the client may stop; until then no more data is allowed.
  EXPECT_EQ(reset_of(frames, 1), std::nullopt);
  EXPECT_TRUE(receive(raw::frame(raw::kData, 0, 1, std::string(16384, 'x'))));
  for (const raw::Frame& frame : produce()) {
    EXPECT_FALSE(frame.type == raw::kWindowUpdate && frame.id == 1);
  }
  session->reset(1, ErrorCode::kNoError);
  EXPECT_EQ(reset_of(produce(), 1), ErrorCode::kNoError);
  EXPECT_TRUE(streams.at(1)->closed);
  // Data that was already on its way is ignored, and its part of the connection's window returns.
  EXPECT_TRUE(receive(raw::frame(raw::kData, raw::kEndStream, 1, "late")));
  EXPECT_EQ(goaway_of(produce()), std::nullopt);
}

}  // namespace
}  // namespace tusk::http::h2
