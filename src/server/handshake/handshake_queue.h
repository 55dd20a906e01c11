// HandshakeQueue: whose turn it is to have a step of its TLS handshake computed.
//
// A full handshake costs a loop's thread up to a millisecond and more, and whoever sends a
// ClientHello asks for it; so a flood of them must not stand before those who are connected
// already. When a client's bytes have come, its handshake waits here; in each round of the loop,
// after everything else, those at the front are computed until the time of a turn is over. Each
// client has a queue of its own, and they take turns: one that floods waits for itself.
//
// There are limits of how many wait for their turn, of which half may be one client's, and of how
// many wait for their client's answer, which cost memory: there the one that has waited longest
// makes room.
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

// One handshake's place; leaves the queue when it ends. Owner: the connection.
class QueuedHandshake {
 public:
  explicit QueuedHandshake(net::Wakeup& wakeup) : wakeup_(wakeup) {}
  QueuedHandshake(const QueuedHandshake&) = delete;
  QueuedHandshake& operator=(const QueuedHandshake&) = delete;
  ~QueuedHandshake() { leave(); }
  // It is over, or must not go on.
  void leave();

 private:
  friend class HandshakeQueue;
  using List = std::list<QueuedHandshake*>;

  net::Wakeup& wakeup_;
  HandshakeQueue* queue_ = nullptr;  // null: it is in none of its lists
  List* list_ = nullptr;
  List::iterator position_;
  std::optional<base::ClientKey> client_;
};

class HandshakeQueue {
 public:
  struct Limits {
    std::size_t waiting = 4096;  // for their turn; at least 1
    std::size_t unanswered = 1024;
    base::Duration turn = std::chrono::milliseconds(1);
  };

  explicit HandshakeQueue(Limits limits) : limits_(limits) {}
  HandshakeQueue(const HandshakeQueue&) = delete;
  HandshakeQueue& operator=(const HandshakeQueue&) = delete;
  ~HandshakeQueue() = default;

  // The first step is due: Wakeup::kTurn is raised when its turn has come. `client` none: one of
  // many behind a proxy. False: this client has as many waiting as one may have.
  bool await_turn(QueuedHandshake& handshake, const std::optional<base::ClientKey>& client);
  // The client has answered: what was begun comes before what was not.
  void await_next_turn(QueuedHandshake& handshake, const std::optional<base::ClientKey>& client);
  // A step is done, and it is the client who has to answer. Raises Wakeup::kCrowded, now or later,
  // when others need the place.
  void await_client(QueuedHandshake& handshake, const std::optional<base::ClientKey>& client);
  // Computes: one at least, then until the turn is over.
  void take_turn();

  std::size_t waiting() const { return waiting_; }
  // Nobody should be let in who would only wait.
  bool full() const { return waiting_ >= limits_.waiting; }
  // It has been full, and there is room for more than a few.
  bool has_room() const { return waiting_ <= limits_.waiting / 4 * 3; }

 private:
  friend class QueuedHandshake;
  using List = QueuedHandshake::List;

  struct Client {
    List first;                  // that wait for their first turn
    std::size_t unanswered = 0;  // of unanswered_
    bool has_turns = false;      // is in turns_
  };

  // Clients without a key share a queue; no address has this one (of IPv6 it is ::/64).
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
  std::list<base::ClientKey> turns_;  // clients with a first step due, in turn
  List answered_;
  List unanswered_;          // the longest first
  std::size_t waiting_ = 0;  // for a turn, of either kind
};

inline void QueuedHandshake::leave() {
  if (queue_ != nullptr) queue_->remove(*this);
}

}  // namespace tusk::server::handshake
