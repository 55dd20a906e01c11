// ServerFixture: the fixture of the Server's unit tests.
//
// Owner: a test. Thread: the test's.
#pragma once

#include <array>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/unique_fd.h"
#include "server/server.h"
#include "server/test/fake_router.h"
#include "server/test/services.h"

namespace tusk::server::test {

// A client's socket.
class TestClient {
 public:
  explicit TestClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ =
        ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }

  bool connected() const { return connected_; }
  void send(std::string_view bytes) {
    (void)::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  void get(std::string_view path) {
    send("GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  void close() { socket_.reset(); }

  // Reads what is there, without waiting.
  const std::string& received() {
    std::array<char, 4096> buffer;
    for (;;) {
      const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got <= 0) {
        ended_ = ended_ || got == 0 || (errno != EAGAIN && errno != EINTR);
        return received_;
      }
      received_.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }
  bool has(std::string_view text) { return received().find(text) != std::string::npos; }
  // The server has closed the connection.
  bool ended() { return received(), ended_; }

 private:
  base::UniqueFd socket_;
  bool connected_ = false;
  bool ended_ = false;
  std::string received_;
};

// A Server on 127.0.0.1 whose loop the test runs, and clients with plain sockets.
class ServerFixture : public ::testing::Test {
 protected:
  explicit ServerFixture(clients::Admission::Limits limits = {.connections = 100,
                                                              .per_client = 100})
      : admission_(limits) {
    public_services_.limits.body_spool.usage = &own_.bodies;
  }
  // The test's clients are gone: a connection outlives its coroutine.
  ~ServerFixture() override {
    for (int round = 0; round < 300 && server_.has_connections(); ++round) {
      loop_.run_one();
      end_round();
    }
  }

  // Opens a listener, after the test has set its services. Returns its port.
  std::uint16_t listen(ListenerServices services) {
    net::Listener socket = open();
    const std::uint16_t port = socket.address().port;
    server_.add_listener(std::move(socket), std::move(services));
    return port;
  }
  std::uint16_t listen_internally() {
    net::Listener socket = open();
    const std::uint16_t port = socket.address().port;
    server_.add_internal_listener(std::move(socket), router_, {});
    return port;
  }

  // Has a client's first request answered, so that its connection is idle.
  void make_idle(TestClient& client) {
    client.get("/");
    run_until([&client] { return client.has("hello"); });
  }

  // Runs rounds of the loop until `done`. Each waits for a handler, the server's tick at the
  // latest.
  void run_until(const std::function<bool()>& done) {
    for (int round = 0; round < 300 && !done(); ++round) {
      loop_.run_one();
      end_round();
    }
    EXPECT_TRUE(done());
  }
  // Lets the time pass, and has the server check its deadlines.
  void pass(base::Duration time) {
    loop_.advance(time);
    const base::MonotonicTime end = base::now() + std::chrono::milliseconds(150);
    run_until([end] { return base::now() >= end; });
  }
  void end_round() {
    while (server_.end_round() > 0) {
    }
    server_.awake();
  }

  // How many connections were refused for that reason.
  std::uint64_t refused(observe::Refusal why) const {
    const std::size_t first = observe::slot_of(observe::Metric::kConnectionsRefused);
    return own_.all_metrics.snapshot({}).slots[first + static_cast<std::size_t>(why)];
  }
  // The sum of all series of a metric.
  std::uint64_t value_of(observe::Metric metric) const {
    const observe::Snapshot snapshot = own_.all_metrics.snapshot({});
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < observe::spec_of(metric).labels.series(); ++i) {
      sum += snapshot.slots[observe::slot_of(metric) + i];
    }
    return sum;
  }

  static net::Listener open() {
    config::Address address;
    address.host = "127.0.0.1";
    auto opened = net::Listener::open(address);
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(opened->front());
  }

  TestServices own_;
  net::TestLoop& loop_ = own_.loop;
  clients::Admission admission_;
  SharedServices shared_{.admission = admission_};
  FakeRouter router_;
  ListenerServices public_services_{.answers = own_.site, .router = router_, .limits = {}};
  Server server_{loop_, own_.dispatcher, own_.metrics, shared_, {}};
};

}  // namespace tusk::server::test
