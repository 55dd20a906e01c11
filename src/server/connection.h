// Connection: the interface of all protocols' connections.
//
// Owner: the Server's list, until can_be_freed(). Thread: its loop.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>

#include "base/client_key.h"
#include "base/clock.h"

namespace tusk::server {

class Connection;
using ConnectionList = std::list<std::unique_ptr<Connection>>;

// A client connection as the Server sees it, of any protocol.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void start() = 0;
  // Accepts no further request after the current one; an idle connection ends after
  // LoopServices::drain_idle_time. A second call only makes it end earlier.
  virtual void drain() = 0;
  // The deadline has passed.
  virtual void expire() = 0;
  // The drain has taken too long (LoopServices::drain_timed_out): responds with 503 to each request
  // that has no response yet, or is incomplete.
  virtual void on_drain_timeout() {}
  // Requests that are being received or answered, without those that the Dispatcher counts.
  virtual std::size_t unsubmitted_requests() const { return 0; }
  // Ends at once if it is idle between two requests, to make room for another connection. False: it
  // is not idle.
  virtual bool close_if_idle() { return false; }
  // Sends the output that was collected in this round.
  virtual void flush() {}
  // It has ended and nothing refers to it.
  virtual bool can_be_freed() const = 0;

  base::MonotonicTime deadline() const { return deadline_; }

  // Replaces this connection, on the same stream, when it has ended: the protocol changes.
  std::unique_ptr<Connection> successor;

  // Used by the Server: the connection's place in its list.
  ConnectionList* list = nullptr;
  ConnectionList::iterator place;
  // Used by the Server: the client in whose name Admission counts the connection.
  bool admitted = false;
  std::optional<base::ClientKey> client;

 protected:
  static constexpr base::MonotonicTime kNever = base::MonotonicTime::max();
  base::MonotonicTime deadline_ = kNever;
};

}  // namespace tusk::server
