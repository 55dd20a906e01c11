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
  base::Task<bool> do_handshake();
  base::Task<bool> await_client();
  base::Task<bool> await_turn();
  bool may_begin();
  base::Task<void> refuse();
  void hand_over_to_http();
  void fail(observe::TlsFailure why, std::string_view reason);
  void reject(std::string_view reason);
  void answer_plain_http();

  tls::Stream& tls_;  // as long as stream_ is here
  QueuedHandshake place_{wakeup_};
};

}  // namespace tusk::server::handshake
