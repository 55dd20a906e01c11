// StreamConnection: what all connections on a byte stream do alike, whatever they speak: they have
// a deadline, count bytes, linger, end, and hand their stream over to a successor.
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

class StreamConnection : public Connection {
 public:
  void expire() override;
  bool can_be_freed() const override { return ended_ && (stream_ == nullptr || stream_->idle()); }

 protected:
  // Bytes in and out after which a connection lets others have the loop.
  static constexpr std::uint64_t kFairShareBytes = 256 * 1024;

  enum class Ending : std::uint8_t {
    kClose,  // the client has everything that it was sent
    kAbort,  // the client has to see that a response is not whole
  };

  StreamConnection(LoopServices& loop, const ListenerServices& listener,
                   std::unique_ptr<net::ByteStream> stream, ConnectionFacts facts);

  // Sets the deadline, and forgets that an earlier one has passed.
  void set_deadline(base::MonotonicTime at);
  void set_timeout(base::Duration from_now);
  // While the server drains, a connection without a request may stay for kDrainGrace at most.
  void shorten_for_drain();

  void count_received(std::size_t bytes);
  void count_sent(std::size_t bytes);

  // Says that nothing follows, then reads and drops what the client still sends, for 2 seconds or
  // `most_bytes`. Closing at once would reset the connection, and the reset would overtake the
  // answer (RFC 9112 §9.6).
  base::Task<void> linger(std::uint64_t most_bytes);
  bool lingers() const { return lingers_; }

  // The stream goes on as another connection, which the Server puts in this one's place.
  void hand_over(std::unique_ptr<Connection> next);
  // Ends the stream, if it was not handed over. The Server frees this object once it is
  // can_be_freed().
  void end(Ending how);
  bool ended() const { return ended_; }

  LoopServices& loop_;
  const ListenerServices& listener_;
  net::Wakeup wakeup_;
  std::unique_ptr<net::ByteStream> stream_;  // null: handed over
  ConnectionFacts facts_;
  std::uint64_t bytes_in_a_row_ = 0;  // in and out, since the connection last waited

 private:
  // Waits for more to drop. False: the time is over.
  base::Task<bool> await_more_to_drop();

  bool lingers_ = false;
  bool ended_ = false;
};

}  // namespace tusk::server
