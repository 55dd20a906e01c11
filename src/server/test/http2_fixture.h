// Http2Fixture: the fixture of HTTP/2's unit tests.
//
// Owner: a test. Thread: the test's.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/h2/raw_frames.h"
#include "net/fake_stream.h"
#include "server/http2/connection.h"
#include "server/test/connection_fixture.h"

namespace tusk::server::test {

namespace raw = http::h2::raw;

// An HTTP/2 connection under test, whose client writes and reads raw frames.
class Http2Fixture : public ConnectionFixture {
 protected:
  ~Http2Fixture() override {
    // A connection outlives its coroutine.
    if (connection_ == nullptr) return;
    if (ended_.empty()) client_->client_closes();
    end_rounds();
    if (ended_.empty()) client_->client_takes(1 << 20);  // it had stalled
    end_rounds();
  }

  // After the test has set its limits. Sends the preface, with SETTINGS that have `entries`.
  void start(const std::vector<std::pair<std::uint16_t, std::uint32_t>>& entries = {}) {
    auto stream = std::make_unique<net::FakeStream>();
    client_ = stream.get();
    connection_ = std::make_unique<http2::Connection>(services_, listener_, std::move(stream),
                                                      ConnectionFacts{.peer = {"192.0.2.1", 1234}},
                                                      std::string());
    connection_->start();
    send(std::string(http::h2::kPreface) + raw::settings(entries) +
         raw::frame(raw::kSettings, raw::kAck, 0, {}));
    client_->sent.clear();
  }

  void send(std::string_view bytes) {
    client_->client_sends(bytes);
    end_rounds();
  }

  // Does what the Server does at the end of each round of the loop.
  void end_rounds() {
    while (!services_.unflushed.empty()) {
      std::vector<Connection*> connections;
      connections.swap(services_.unflushed);
      for (Connection* const connection : connections) connection->flush();
    }
  }

  void expire() {
    connection_->expire();
    end_rounds();
  }

  // Moves the time to the connection's deadline, and has it expire.
  void wait_for_deadline() {
    ASSERT_LT(connection_->deadline(), base::MonotonicTime::max());
    loop_.advance(connection_->deadline() - loop_.now());
    expire();
  }

  // The frames that the server has sent since the last call.
  std::vector<raw::Frame> received() { return raw::parse(std::exchange(client_->sent, {})); }

  // The status in a HEADERS frame; all of a connection must be read, in order.
  std::string status_of(const raw::Frame& frame) {
    for (const auto& [name, value] : inflate_(frame.payload)) {
      if (name == ":status") return value;
    }
    return {};
  }

  static std::string bodies_of(const std::vector<raw::Frame>& frames, std::int32_t id) {
    std::string body;
    for (const raw::Frame& frame : frames) {
      if (frame.type == raw::kData && frame.id == id) body += frame.payload;
    }
    return body;
  }

  static const raw::Frame* find(const std::vector<raw::Frame>& frames, std::uint8_t type,
                                std::int32_t id) {
    const auto found = std::ranges::find_if(
        frames, [&](const raw::Frame& frame) { return frame.type == type && frame.id == id; });
    return found == frames.end() ? nullptr : &*found;
  }

  net::FakeStream* client_ = nullptr;
  std::unique_ptr<http2::Connection> connection_;

 private:
  raw::Inflater inflate_;
};

}  // namespace tusk::server::test
