// StreamConnection: the base of all connections on a byte stream, whatever their protocol.
//
// Owner: the Server's list. Thread: its loop.
#pragma once

#include <cstdint>
#include <memory>

#include "base/task.h"
#include "net/byte_stream.h"
#include "net/wakeup.h"
#include "server/connection.h"
#include "server/connection_facts.h"
#include "server/services.h"

namespace tusk::server {

// Keeps the deadline, counts bytes, lingers, ends, and hands the stream over to a successor.
class StreamConnection : public Connection {
 public:
  void expire() override;
  bool can_be_freed() const override { return ended_ && (stream_ == nullptr || stream_->idle()); }

 protected:
  // Bytes read and written after which a connection yields the loop to others.
  static constexpr std::uint64_t kFairShareBytes = 256 * 1024;

  enum class Ending : std::uint8_t {
    kClose,  // the client gets everything that was sent
    kAbort,  // the client sees that a response is incomplete
  };

  StreamConnection(LoopServices& loop, const ListenerServices& listener,
                   std::unique_ptr<net::ByteStream> stream, ConnectionFacts facts);

  // Sets the deadline, and lowers Wakeup::kDeadline if an earlier one has passed.
  void set_deadline(base::MonotonicTime at);
  void set_timeout(base::Duration from_now);
  // While the server drains, a connection without a request may stay for drain_idle_time at most.
  void shorten_for_drain();

  void count_received(std::size_t bytes);
  void count_sent(std::size_t bytes);

  // Shuts down the sending side, then reads and drops what the client still sends, for 2 seconds or
  // `most_bytes`. Closing at once would reset the connection, and the client would lose the
  // response (RFC 9112 §9.6).
  base::Task<void> linger(std::uint64_t most_bytes);
  bool lingers() const { return lingers_; }

  // Ends this connection, whose stream has moved to `next`. The Server puts `next` in its place.
  void hand_over(std::unique_ptr<Connection> next);
  // Ends this connection, and the stream unless it was handed over. The Server frees this object
  // when can_be_freed().
  void end(Ending how);
  bool ended() const { return ended_; }

  LoopServices& loop_;
  const ListenerServices& listener_;
  net::Wakeup wakeup_;
  std::unique_ptr<net::ByteStream> stream_;  // null: handed over
  ConnectionFacts facts_;
  std::uint64_t bytes_in_a_row_ = 0;  // read and written since the connection last waited

 private:
  // Waits for more bytes to drop. False: the time has passed.
  base::Task<bool> await_more_to_drop();

  bool lingers_ = false;
  bool ended_ = false;
};

}  // namespace tusk::server
