#include "server/handshake/handshake_queue.h"

#include <algorithm>
#include <utility>

namespace tusk::server::handshake {

void HandshakeQueue::put(QueuedHandshake& handshake, List& list,
                         const std::optional<base::ClientKey>& client) {
  handshake.queue_ = this;
  handshake.client_ = client;
  handshake.list_ = &list;
  handshake.position_ = list.insert(list.end(), &handshake);
  if (&list != &unanswered_) ++waiting_;
}

bool HandshakeQueue::await_turn(QueuedHandshake& handshake,
                                const std::optional<base::ClientKey>& client) {
  const base::ClientKey key = key_of(client);
  Client& mine = clients_[key];
  if (client && mine.first.size() >= std::max<std::size_t>(limits_.waiting / 2, 1)) return false;
  put(handshake, mine.first, client);
  if (!std::exchange(mine.has_turns, true)) turns_.push_back(key);
  return true;
}

void HandshakeQueue::await_next_turn(QueuedHandshake& handshake,
                                     const std::optional<base::ClientKey>& client) {
  put(handshake, answered_, client);
}

void HandshakeQueue::await_client(QueuedHandshake& handshake,
                                  const std::optional<base::ClientKey>& client) {
  if (unanswered_.size() >= limits_.unanswered) make_room(client);
  ++clients_[key_of(client)].unanswered;
  put(handshake, unanswered_, client);
}

// Ends the oldest handshake: of this client if it has half of the places, else of all.
void HandshakeQueue::make_room(const std::optional<base::ClientKey>& client) {
  auto victim = unanswered_.begin();
  const auto mine = clients_.find(key_of(client));
  if (client && mine != clients_.end() && mine->second.unanswered >= limits_.unanswered / 2) {
    victim = std::ranges::find(unanswered_, client, &QueuedHandshake::client_);
  }
  if (victim == unanswered_.end()) return;
  QueuedHandshake& handshake = **victim;
  remove(handshake);
  handshake.wakeup_.raise(net::Wakeup::kCrowded);
}

void HandshakeQueue::remove(QueuedHandshake& handshake) {
  if (std::exchange(handshake.queue_, nullptr) == nullptr) return;
  const base::ClientKey key = key_of(handshake.client_);
  handshake.list_->erase(handshake.position_);
  if (handshake.list_ == &unanswered_) {
    --clients_[key].unanswered;
  } else {
    --waiting_;
  }
  forget_if_empty(key);
}

// A client that is in turns_ is forgotten when its turn comes.
void HandshakeQueue::forget_if_empty(const base::ClientKey& key) {
  const auto found = clients_.find(key);
  if (found == clients_.end()) return;
  const Client& client = found->second;
  if (client.first.empty() && client.unanswered == 0 && !client.has_turns) clients_.erase(found);
}

QueuedHandshake* HandshakeQueue::next() {
  if (!answered_.empty()) return answered_.front();
  while (!turns_.empty()) {
    Client& client = clients_[turns_.front()];
    if (!client.first.empty()) {
      turns_.splice(turns_.end(), turns_, turns_.begin());
      return client.first.front();
    }
    client.has_turns = false;
    forget_if_empty(turns_.front());
    turns_.pop_front();
  }
  return nullptr;
}

void HandshakeQueue::take_turn() {
  if (waiting_ == 0 && turns_.empty()) return;
  const base::MonotonicTime end = base::now() + limits_.turn;
  do {
    QueuedHandshake* const handshake = next();
    if (handshake == nullptr) return;
    net::Wakeup& wakeup = handshake->wakeup_;
    remove(*handshake);
    wakeup.raise(net::Wakeup::kTurn);
  } while (base::now() < end);
}

}  // namespace tusk::server::handshake
