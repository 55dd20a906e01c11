// HandshakeQueue: schedules the computation of TLS handshakes.
//
// Owner: a Server. Thread: its loop.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>

#include "base/client_key.h"
#include "base/clock.h"
#include "net/wakeup.h"

namespace tusk::server::handshake {

class HandshakeQueue;

// A handshake's place in the queue, which it leaves when it is destroyed. Owner: the connection.
class QueuedHandshake {
 public:
  explicit QueuedHandshake(net::Wakeup& wakeup) : wakeup_(wakeup) {}
  QueuedHandshake(const QueuedHandshake&) = delete;
  QueuedHandshake& operator=(const QueuedHandshake&) = delete;
  ~QueuedHandshake() { leave(); }
  // The handshake has ended, or must not go on.
  void leave();

 private:
  friend class HandshakeQueue;
  using List = std::list<QueuedHandshake*>;

  net::Wakeup& wakeup_;
  HandshakeQueue* queue_ = nullptr;  // null: not in the queue
  List* list_ = nullptr;
  List::iterator position_;
  std::optional<base::ClientKey> client_;
};

// A full handshake costs the loop's thread a millisecond or more, and any ClientHello asks for one.
// So a flood of them must not delay connected clients. When a client's bytes have come, its
// handshake waits here. At the end of each round of the loop, handshakes are computed until the
// time of a turn is over. Each client has a queue of its own, and the clients take turns, so that a
// flood delays only its sender.
//
// Limits: the number of handshakes that wait for their turn, of which one client may have half; and
// the number that wait for their client, since each costs memory. There the oldest one makes room.
class HandshakeQueue {
 public:
  struct Limits {
    std::size_t waiting = 4096;     // for their turn; at least 1
    std::size_t unanswered = 1024;  // that wait for their client
    base::Duration turn = std::chrono::milliseconds(1);
  };

  explicit HandshakeQueue(Limits limits) : limits_(limits) {}
  HandshakeQueue(const HandshakeQueue&) = delete;
  HandshakeQueue& operator=(const HandshakeQueue&) = delete;
  ~HandshakeQueue() = default;

  // Enqueues the first step: Wakeup::kTurn is raised when it may be computed. No `client`: one of
  // many behind a proxy. False: the client has as many waiting as one may have.
  bool await_turn(QueuedHandshake& handshake, const std::optional<base::ClientKey>& client);
  // Enqueues a later step, since the client has answered. Later steps precede first steps.
  void await_next_turn(QueuedHandshake& handshake, const std::optional<base::ClientKey>& client);
  // A step is done, and the client has to answer. Wakeup::kCrowded is raised, now or later, if
  // others need the place.
  void await_client(QueuedHandshake& handshake, const std::optional<base::ClientKey>& client);
  // Computes at least one step, then more until the time of a turn is over.
  void take_turn();

  std::size_t waiting() const { return waiting_; }
  // No more clients should be accepted, since they would only wait.
  bool full() const { return waiting_ >= limits_.waiting; }
  // After full(): a quarter of the places is free, so accepting may go on.
  bool has_room() const { return waiting_ <= limits_.waiting / 4 * 3; }

 private:
  friend class QueuedHandshake;
  using List = QueuedHandshake::List;

  struct Client {
    List first;                  // handshakes that wait for their first step
    std::size_t unanswered = 0;  // number in unanswered_
    bool has_turns = false;      // the client is in turns_
  };

  // Clients without a key share a queue, whose key no address has (in IPv6 it is ::/64).
  static base::ClientKey key_of(const std::optional<base::ClientKey>& client) {
    return client.value_or(base::ClientKey{});
  }

  void put(QueuedHandshake& handshake, List& list, const std::optional<base::ClientKey>& client);
  void make_room(const std::optional<base::ClientKey>& client);
  QueuedHandshake* next();
  void remove(QueuedHandshake& handshake);
  void forget_if_empty(const base::ClientKey& key);

  const Limits limits_;
  std::unordered_map<base::ClientKey, Client, base::ClientKeyHash> clients_;
  std::list<base::ClientKey> turns_;  // clients with a first step to compute, in turn
  List answered_;
  List unanswered_;          // the oldest first
  std::size_t waiting_ = 0;  // for a first or later step
};

inline void QueuedHandshake::leave() {
  if (queue_ != nullptr) queue_->remove(*this);
}

}  // namespace tusk::server::handshake
