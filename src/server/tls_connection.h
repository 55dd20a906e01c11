// TlsConnection: a client connection until its TLS handshake is done. Then whatever the two agreed
// to speak goes on with the stream. When something is to be computed, it waits for its turn
// (handshake_queue.h).
//
// Owner: the Server. Thread: its loop.
#pragma once

#include <memory>

#include "base/task.h"
#include "net/wakeup.h"
#include "server/connection.h"
#include "tls/stream.h"

namespace tusk::server {

class TlsConnection final : public Connection {
 public:
  TlsConnection(LoopServices& loop, const ListenerServices& listener,
                std::unique_ptr<tls::Stream> stream, ConnectionFacts facts);

  void start() override { serve(); }
  void drain() override;
  void expire() override;
  bool gone() const override { return ended_ && (stream_ == nullptr || stream_->idle()); }

 private:
  base::Detached serve();
  base::Task<bool> shake_hands();
  base::Task<bool> await_client();
  base::Task<bool> await_turn();
  bool is_let_in();
  base::Task<void> refuse();
  base::Task<void> linger();
  void hand_over();
  void fail(observe::TlsFailure why, std::string_view reason);
  void turn_away(std::string_view reason);
  void say_that_this_is_tls();

  LoopServices& loop_;
  const ListenerServices& listener_;
  net::Wakeup wakeup_;
  QueuedHandshake place_{wakeup_};
  std::unique_ptr<tls::Stream> stream_;  // null: somebody else has it now
  ConnectionFacts facts_;
  bool ended_ = false;
};

}  // namespace tusk::server
