// OpenSSL's callbacks during a handshake. They choose the certificate, the protocol, the OCSP
// response and the ticket key, and decide whether a session is resumed. The SSL_CTX's application
// data is the Context that they ask.
//
// Thread: the handshake's.
#pragma once

#include "tls/handles.h"

namespace tusk::tls {

void set_handshake_callbacks(ssl_ctx_st* context);
void set_ticket_callbacks(ssl_ctx_st* context);

}  // namespace tusk::tls
