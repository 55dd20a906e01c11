// TlsConnection: a client connection until its TLS handshake is done. Then whatever the two agreed
// to speak goes on with the stream. When something is to be computed, it waits for its turn
// (handshake_queue.h).
//
// Owner: the Server. Thread: its loop.
#pragma once

#include <memory>

#include "base/task.h"
#include "net/wakeup.h"
#include "server/handshake/handshake_queue.h"
#include "server/stream_connection.h"
#include "tls/stream.h"

namespace tusk::server::handshake {

class TlsConnection final : public StreamConnection {
 public:
  TlsConnection(LoopServices& loop, const ListenerServices& listener,
                std::unique_ptr<tls::Stream> stream, ConnectionFacts facts);

  void start() override { serve(); }
  void drain() override;

 private:
  base::Detached serve();
  base::Task<bool> shake_hands();
  base::Task<bool> await_client();
  base::Task<bool> await_turn();
  bool is_let_in();
  base::Task<void> refuse();
  void go_on_as_agreed();
  void fail(observe::TlsFailure why, std::string_view reason);
  void turn_away(std::string_view reason);
  void say_that_this_is_tls();

  tls::Stream& tls_;  // as long as stream_ is here
  QueuedHandshake place_{wakeup_};
};

}  // namespace tusk::server::handshake
