// SessionFixture: the fixture of Session's unit tests.
//
// Thread: any. Tests only.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "http/h2/raw_frames.h"
#include "http/h2/session.h"

namespace tusk::http::h2 {

// A request, and the response that the test gives it.
struct FakeStream final : StreamUser {
  RequestHead head;
  Refusal refusal;
  std::string body;
  bool ended = false;
  bool answered_early = false;
  bool closed = false;
  ErrorCode code = ErrorCode::kNoError;

  std::string reply;  // not taken yet
  bool reply_complete = true;
  bool broken = false;  // take_body() fails

  void on_body(std::string_view piece) override { body.append(piece); }
  void on_end() override {
    EXPECT_FALSE(ended);
    ended = true;
  }
  void on_answered_early() override { answered_early = true; }
  void on_closed(ErrorCode with) override {
    EXPECT_FALSE(closed);
    closed = true;
    code = with;
  }
  Available body_available(std::size_t most) override {
    const std::size_t bytes = std::min(most, reply.size());
    return {bytes, reply_complete && bytes == reply.size()};
  }
  bool take_body(std::size_t count, std::string& out) override {
    if (broken) return false;
    out.append(reply, 0, count);
    reply.erase(0, count);
    return true;
  }
  std::string field(std::string_view name) const { return std::string(head.find(name)); }
};

// A Session and a fake connection that records its calls.
class SessionFixture : public ::testing::Test, public SessionUser {
 protected:
  StreamUser* on_request(StreamId id, RequestHead& head, const Refusal& refusal,
                         bool ended) override {
    if (refuse_all) return nullptr;
    auto& stream = streams[id];
    EXPECT_EQ(stream, nullptr);
    stream = std::make_unique<FakeStream>();
    std::swap(stream->head, head);
    stream->refusal = refusal;
    stream->ended = ended;
    return stream.get();
  }

  // Exchanges preface and settings, and drops the server's first frames.
  void begin(const std::vector<std::pair<std::uint16_t, std::uint32_t>>& client_settings = {}) {
    session = std::make_unique<Session>(limits, *this);
    ASSERT_TRUE(receive(std::string(kPreface) + raw::settings(client_settings)));
    greeting = produce();
    receive(raw::frame(raw::kSettings, raw::kAck, 0, ""));
  }

  bool receive(std::string_view bytes) { return session->receive(bytes, now); }

  std::vector<raw::Frame> produce(std::size_t most = 1 << 20) {
    std::string out;
    while (session->wants_write() && out.size() < most) {
      const std::size_t before = out.size();
      session->produce(out, most);
      if (out.size() == before) break;
    }
    return raw::parse(out);
  }

  // The code of GOAWAY, if it was sent.
  static std::optional<ErrorCode> goaway_of(const std::vector<raw::Frame>& frames) {
    for (const raw::Frame& frame : frames) {
      if (frame.type == raw::kGoaway) return static_cast<ErrorCode>(frame.code());
    }
    return std::nullopt;
  }
  static std::optional<ErrorCode> reset_of(const std::vector<raw::Frame>& frames, StreamId id) {
    for (const raw::Frame& frame : frames) {
      if (frame.type == raw::kRstStream && frame.id == id) {
        return static_cast<ErrorCode>(frame.code());
      }
    }
    return std::nullopt;
  }
  static std::string data_of(const std::vector<raw::Frame>& frames, StreamId id) {
    std::string data;
    for (const raw::Frame& frame : frames) {
      if (frame.type == raw::kData && frame.id == id) data.append(frame.payload);
    }
    return data;
  }

  void answer(StreamId id, const std::string& body) {
    streams.at(id)->reply = body;
    ResponseHead head;
    head.add("Content-Type", "text/plain");
    session->send_head(id, head, Framing::known(body.size()), {});
  }

  SessionLimits limits;
  base::MonotonicTime now{std::chrono::seconds(1000)};
  std::map<StreamId, std::unique_ptr<FakeStream>> streams;
  bool refuse_all = false;
  std::unique_ptr<Session> session;
  std::vector<raw::Frame> greeting;
};

}  // namespace tusk::http::h2
