// HandshakeFailure: why a handshake failed.
//
// Thread: the handshake's, right after the failure.
#pragma once

#include <string_view>

#include "observe/metrics_list.h"
#include "tls/handles.h"

namespace tusk::tls {

// The reason why a handshake failed, from OpenSSL's error queue, classified as in the metrics.
struct HandshakeFailure {
  observe::TlsFailure kind;
  std::string_view text;  // static
};

// `error` is the result of SSL_get_error(). Empties the queue.
HandshakeFailure handshake_failure(const ssl_st* session, int error);

}  // namespace tusk::tls
