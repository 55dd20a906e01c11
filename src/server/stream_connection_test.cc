#include "server/stream_connection.h"

#include <memory>
#include <string>
#include <utility>

#include "net/fake_stream.h"
#include "server/test/connection_fixture.h"

namespace tusk::server {
namespace {

constexpr std::uint64_t kLingerBytes = 100'000;

// Lingers from the beginning, then ends.
class LingeringConnection final : public StreamConnection {
 public:
  using StreamConnection::end;
  using StreamConnection::Ending;
  using StreamConnection::hand_over;
  using StreamConnection::set_timeout;
  using StreamConnection::shorten_for_drain;

  explicit LingeringConnection(LoopServices& loop, const ListenerServices& listener,
                               std::unique_ptr<net::ByteStream> stream)
      : StreamConnection(loop, listener, std::move(stream), {}) {}

  void start() override { serve(); }
  void drain() override {}

 private:
  base::Detached serve() {
    co_await linger(kLingerBytes);
    end(Ending::kClose);
  }
};

class StreamConnectionTest : public test::ConnectionFixture {
 protected:
  StreamConnectionTest() {
    auto stream = std::make_unique<net::FakeStream>();
    client_ = stream.get();
    connection_ = std::make_unique<LingeringConnection>(services_, listener_, std::move(stream));
  }

  net::FakeStream* client_ = nullptr;
  std::unique_ptr<LingeringConnection> connection_;
};

TEST_F(StreamConnectionTest, DropsWhatALingeringClientSends) {
  connection_->start();
  EXPECT_TRUE(client_->write_shut);
  client_->client_sends(std::string(50'000, 'x'));
  EXPECT_EQ(client_->unread(), 0U);
  EXPECT_FALSE(client_->closed);
  EXPECT_EQ(value_of(observe::Metric::kBytesReceived), 50'000U);
  client_->client_closes();
  EXPECT_TRUE(client_->closed);
  EXPECT_FALSE(client_->aborted);
  EXPECT_TRUE(connection_->can_be_freed());
  ASSERT_EQ(ended_.size(), 1U);
  EXPECT_EQ(ended_[0], connection_.get());
}

TEST_F(StreamConnectionTest, LingersForALimitedTime) {
  connection_->start();
  EXPECT_EQ(connection_->deadline(), loop_.now() + std::chrono::seconds(2));
  connection_->expire();
  EXPECT_TRUE(client_->closed);
}

TEST_F(StreamConnectionTest, LingersForALimitedNumberOfBytes) {
  connection_->start();
  client_->client_sends(std::string(kLingerBytes - 1, 'x'));
  EXPECT_FALSE(client_->closed);
  client_->client_sends("x");
  EXPECT_TRUE(client_->closed);
}

TEST_F(StreamConnectionTest, AbortsWhereAResponseIsIncomplete) {
  connection_->end(LingeringConnection::Ending::kAbort);
  EXPECT_TRUE(client_->aborted);
  EXPECT_FALSE(client_->closed);
}

TEST_F(StreamConnectionTest, StaysUntilItsStreamIsIdle) {
  client_->busy = true;
  connection_->end(LingeringConnection::Ending::kClose);
  EXPECT_FALSE(connection_->can_be_freed());
  client_->busy = false;
  EXPECT_TRUE(connection_->can_be_freed());
}

TEST_F(StreamConnectionTest, LeavesItsStreamToASuccessor) {
  auto stream = std::make_unique<net::FakeStream>();
  net::FakeStream* const other = stream.get();
  auto next = std::make_unique<LingeringConnection>(services_, listener_, std::move(stream));
  Connection* const successor = next.get();
  connection_->hand_over(std::move(next));
  EXPECT_EQ(connection_->successor.get(), successor);
  ASSERT_EQ(ended_.size(), 1U);
  EXPECT_FALSE(other->closed);
}

TEST_F(StreamConnectionTest, ADrainOnlyShortensItsTime) {
  services_.drain_idle_time = std::chrono::milliseconds(500);
  connection_->set_timeout(std::chrono::seconds(10));
  connection_->shorten_for_drain();
  EXPECT_EQ(connection_->deadline(), loop_.now() + std::chrono::milliseconds(500));
  connection_->set_timeout(std::chrono::milliseconds(100));
  connection_->shorten_for_drain();
  EXPECT_EQ(connection_->deadline(), loop_.now() + std::chrono::milliseconds(100));
}

}  // namespace
}  // namespace tusk::server
