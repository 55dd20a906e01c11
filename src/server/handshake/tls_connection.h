// TlsConnection: a client connection until its TLS handshake is done.
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

// Each step of the handshake waits for its turn (handshake_queue.h). The connection of the protocol
// that ALPN has chosen then takes over the stream.
class TlsConnection final : public StreamConnection {
 public:
  TlsConnection(LoopServices& loop, const ListenerServices& listener,
                std::unique_ptr<tls::Stream> stream, ConnectionFacts facts);

  void start() override { serve(); }
  void drain() override;

 private:
  base::Detached serve();
  base::Task<bool> do_handshake();
  base::Task<bool> await_client();
  base::Task<bool> await_turn();
  bool may_begin();
  base::Task<void> refuse();
  void hand_over_to_http();
  void fail(observe::TlsFailure why, std::string_view reason);
  void reject(std::string_view reason);
  void answer_plain_http();

  tls::Stream& tls_;  // *stream_; valid until the stream is handed over
  QueuedHandshake place_{wakeup_};
};

}  // namespace tusk::server::handshake
