// Connection: what the server keeps of each client connection, whatever it speaks.
//
// Owner: the Server's list, until can_be_freed(). Thread: its loop.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>

#include "base/client_key.h"
#include "base/clock.h"

namespace tusk::server {

class Connection;
using ConnectionList = std::list<std::unique_ptr<Connection>>;

class Connection {
 public:
  virtual ~Connection() = default;
  virtual void start() = 0;
  // No further request after the one that is being answered; an idle connection ends soon.
  virtual void drain() = 0;
  // The deadline has passed.
  virtual void expire() = 0;
  // The drain is out of patience (LoopServices::drain_timed_out): whoever waits for an answer, or
  // still sends the request, is told so.
  virtual void on_drain_timeout() {}
  // Requests that have begun to come or are being answered, but for those that the dispatcher has.
  virtual std::size_t unsubmitted_requests() const { return 0; }
  // Ends at once if it rests between two requests, to make room for another. False: it does not.
  virtual bool close_if_idle() { return false; }
  // Sends what it has gathered in this round.
  virtual void flush() {}
  // It has ended and nothing refers to it.
  virtual bool can_be_freed() const = 0;

  base::MonotonicTime deadline() const { return deadline_; }

  // What takes its place when it is gone, on the same stream: the client speaks another protocol.
  std::unique_ptr<Connection> successor;

  // The Server's: where it keeps the connection.
  ConnectionList* list = nullptr;
  ConnectionList::iterator place;
  // And as whose it counts there, while it does.
  bool admitted = false;
  std::optional<base::ClientKey> client;

 protected:
  static constexpr base::MonotonicTime kNever = base::MonotonicTime::max();
  // How long a connection without a request may stay when the server drains: a request may already
  // be on its way, and closing under it would lose it.
  static constexpr base::Duration kDrainGrace = std::chrono::milliseconds(500);
  base::MonotonicTime deadline_ = kNever;
};

}  // namespace tusk::server
