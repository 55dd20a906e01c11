#include "server/handshake/handshake_queue.h"

#include <chrono>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/task.h"

namespace tusk::server::handshake {
namespace {

using std::chrono::milliseconds;

std::optional<base::ClientKey> address(int number) {
  return base::client_key("192.0.2." + std::to_string(number));
}

// Connections that record their steps instead of computing them.
class HandshakeQueueTest : public ::testing::Test {
 protected:
  ~HandshakeQueueTest() override {
    for (Client& client : clients_) client.wakeup.raise(net::Wakeup::kDeadline);
  }

  struct Client {
    explicit Client(std::string its_name) : name(std::move(its_name)) {}
    std::string name;
    net::Wakeup wakeup;
    QueuedHandshake place{wakeup};
  };

  HandshakeQueue& queue(HandshakeQueue::Limits limits) { return queue_.emplace(limits); }

  Client& client(std::string name) {
    Client& made = clients_.emplace_back(std::move(name));
    listen(made);
    return made;
  }

  std::string happened() { return std::exchange(events_, {}); }

  base::Duration step_{};  // duration of a step

 private:
  base::Detached listen(Client& client) {
    for (;;) {
      const std::uint32_t flags = co_await client.wakeup.wait(
          net::Wakeup::kTurn | net::Wakeup::kCrowded | net::Wakeup::kDeadline);
      if ((flags & net::Wakeup::kDeadline) != 0) co_return;  // the test is over
      const bool turn = (flags & net::Wakeup::kTurn) != 0;
      events_ += (turn ? "" : "-") + client.name + " ";
      const base::MonotonicTime end = base::now() + step_;
      while (base::now() < end) {
      }
    }
  }

  std::string events_;
  std::optional<HandshakeQueue> queue_;
  std::deque<Client> clients_;
};

constexpr base::Duration kLong = std::chrono::hours(1);

TEST_F(HandshakeQueueTest, ServesClientsInTurn) {
  HandshakeQueue& queue = this->queue({.turn = kLong});
  for (const char* const name : {"a1", "a2", "a3"})
    queue.await_turn(client(name).place, address(1));
  for (const char* const name : {"b1", "b2"}) queue.await_turn(client(name).place, address(2));
  queue.await_turn(client("c1").place, address(3));
  EXPECT_EQ(queue.waiting(), 6U);
  queue.take_turn();
  EXPECT_EQ(happened(), "a1 b1 c1 a2 b2 a3 ");
  EXPECT_EQ(queue.waiting(), 0U);
  queue.take_turn();
  EXPECT_EQ(happened(), "");
}

TEST_F(HandshakeQueueTest, ContinuesInTheNextTurn) {
  HandshakeQueue& queue = this->queue({.turn = milliseconds(2)});
  step_ = milliseconds(3);
  for (const char* const name : {"a1", "a2", "a3"})
    queue.await_turn(client(name).place, address(1));
  queue.take_turn();
  EXPECT_EQ(happened(), "a1 ") << "at least one, however long it takes";
  queue.take_turn();
  EXPECT_EQ(happened(), "a2 ");
  EXPECT_EQ(queue.waiting(), 1U);
}

TEST_F(HandshakeQueueTest, ServesLaterStepsFirst) {
  HandshakeQueue& queue = this->queue({.turn = kLong});
  queue.await_turn(client("new").place, address(1));
  queue.await_next_turn(client("begun").place, address(2));
  queue.take_turn();
  EXPECT_EQ(happened(), "begun new ");
}

TEST_F(HandshakeQueueTest, GivesOneClientHalfOfThePlaces) {
  HandshakeQueue& queue = this->queue({.waiting = 4, .turn = kLong});
  EXPECT_TRUE(queue.await_turn(client("a1").place, address(1)));
  EXPECT_TRUE(queue.await_turn(client("a2").place, address(1)));
  EXPECT_FALSE(queue.await_turn(client("a3").place, address(1)));
  EXPECT_TRUE(queue.await_turn(client("b1").place, address(2)));
  EXPECT_FALSE(queue.full());
  EXPECT_TRUE(queue.has_room());
  // Clients behind a proxy have no limit.
  for (const char* const name : {"p1", "p2", "p3"}) {
    EXPECT_TRUE(queue.await_turn(client(name).place, std::nullopt));
  }
  EXPECT_TRUE(queue.full());
  EXPECT_FALSE(queue.has_room());
  queue.take_turn();
  EXPECT_EQ(happened(), "a1 b1 p1 a2 p2 p3 ");
  EXPECT_TRUE(queue.await_turn(client("a3").place, address(1)));
}

TEST_F(HandshakeQueueTest, ForgetsAHandshakeThatLeaves) {
  HandshakeQueue& queue = this->queue({.turn = kLong});
  Client& first = client("a1");
  queue.await_turn(first.place, address(1));
  queue.await_turn(client("a2").place, address(1));
  {
    net::Wakeup wakeup;
    QueuedHandshake destroyed(wakeup);
    queue.await_turn(destroyed, address(2));
  }
  first.place.leave();
  first.place.leave();
  EXPECT_EQ(queue.waiting(), 1U);
  queue.take_turn();
  EXPECT_EQ(happened(), "a2 ");
  queue.await_turn(first.place, address(1));
  queue.take_turn();
  EXPECT_EQ(happened(), "a1 ");
}

TEST_F(HandshakeQueueTest, EndsTheOldestUnansweredHandshake) {
  HandshakeQueue& queue = this->queue({.unanswered = 2});
  queue.await_client(client("a").place, address(1));
  queue.await_client(client("b").place, address(2));
  EXPECT_EQ(happened(), "");
  queue.await_client(client("c").place, address(3));
  EXPECT_EQ(happened(), "-a ");
  EXPECT_EQ(queue.waiting(), 0U) << "they wait for their clients, not for a turn";
  EXPECT_FALSE(queue.full());
}

TEST_F(HandshakeQueueTest, EndsAHandshakeOfTheClientWithHalfOfThem) {
  HandshakeQueue& queue = this->queue({.unanswered = 4});
  Client& other = client("b1");
  queue.await_client(other.place, address(2));
  for (const char* const name : {"a1", "a2", "a3", "a4", "a5"}) {
    queue.await_client(client(name).place, address(1));
  }
  EXPECT_EQ(happened(), "-a1 -a2 ");
  // A handshake whose client has answered needs no place.
  other.place.leave();
  queue.await_next_turn(other.place, address(2));
  queue.take_turn();
  EXPECT_EQ(happened(), "b1 ");
  queue.await_client(client("a6").place, address(1));
  EXPECT_EQ(happened(), "");
}

}  // namespace
}  // namespace tusk::server::handshake
