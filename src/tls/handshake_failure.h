// Why a handshake failed, from OpenSSL's error queue, in the classes that the metrics have.
//
// Thread: the handshake's, right after the failure.
#pragma once

#include <string_view>

#include "observe/metrics_list.h"
#include "tls/handles.h"

namespace tusk::tls {

struct HandshakeFailure {
  observe::TlsFailure kind;
  std::string_view text;  // static
};

// `error` is what SSL_get_error() gave. Empties the queue.
HandshakeFailure handshake_failure(const ssl_st* session, int error);

}  // namespace tusk::tls
