// Http1Fixture: the fixture of HTTP/1's unit tests.
//
// Owner: a test. Thread: the test's.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "net/fake_stream.h"
#include "server/http1/connection.h"
#include "server/test/connection_fixture.h"

namespace tusk::server::test {

inline constexpr std::string_view kHttp1Request = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

// An HTTP/1 connection under test.
class Http1Fixture : public ConnectionFixture {
 protected:
  ~Http1Fixture() override {
    // A connection outlives its coroutine.
    if (connection_ != nullptr && ended_.empty()) client_->client_closes();
  }

  // After the test has set its limits.
  void start() {
    auto stream = std::make_unique<net::FakeStream>();
    client_ = stream.get();
    connection_ = std::make_unique<http1::Connection>(services_, listener_, std::move(stream),
                                                      ConnectionFacts{.peer = {"192.0.2.1", 1234}});
    connection_->start();
  }

  std::string_view status_line() const {
    return std::string_view(client_->sent).substr(0, client_->sent.find('\r'));
  }
  bool sent(std::string_view text) const { return client_->sent.find(text) != std::string::npos; }
  // The part of the response behind its head, framing included.
  std::string_view body() const {
    const std::size_t end = client_->sent.find("\r\n\r\n");
    return end == std::string::npos ? std::string_view()
                                    : std::string_view(client_->sent).substr(end + 4);
  }

  net::FakeStream* client_ = nullptr;
  std::unique_ptr<http1::Connection> connection_;
};

}  // namespace tusk::server::test
