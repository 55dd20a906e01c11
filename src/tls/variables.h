// What a script sees of its connection's TLS: SSL_PROTOCOL, SSL_CLIENT_S_DN and so on, under the
// names that Apache's mod_ssl has made known.
//
// Thread: the connection's loop.
#pragma once

#include <string>

#include "tls/handles.h"

namespace tusk::tls {

// After the handshake. Each variable is its name, NUL, its value, NUL: text that can be copied
// anywhere. No value holds a NUL.
std::string connection_variables(ssl_st* session);

}  // namespace tusk::tls
