// What OpenSSL asks during a handshake: which certificate, which protocol, which staple, which
// ticket key, and whether a session is resumed. The answers are those of the Context that is the
// SSL_CTX's application data.
//
// Thread: any; the handshake's.
#pragma once

#include "tls/handles.h"

namespace tusk::tls {

void set_handshake_callbacks(ssl_ctx_st* context);
void set_ticket_callbacks(ssl_ctx_st* context);

}  // namespace tusk::tls
