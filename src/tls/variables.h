// The server variables about a connection's TLS (SSL_PROTOCOL, SSL_CLIENT_S_DN and others), with
// the names of Apache's mod_ssl.
//
// Thread: the connection's loop.
#pragma once

#include <string>

#include "tls/handles.h"

namespace tusk::tls {

// Called after the handshake. Returns each variable as its name, NUL, its value, NUL. No value
// contains a NUL.
std::string connection_variables(ssl_st* session);

}  // namespace tusk::tls
