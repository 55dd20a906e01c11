// What a script sees of its connection's TLS: SSL_PROTOCOL, SSL_CLIENT_S_DN and so on, under the
// names that Apache's mod_ssl has made known.
//
// Thread: the connection's loop.
#pragma once

#include <string>

#include "net/tls_handles.h"

namespace tusk::net {

// After the handshake. Each variable is its name, NUL, its value, NUL: text that can be copied
// anywhere. No value holds a NUL.
std::string tls_variables(ssl_st* session);

}  // namespace tusk::net
