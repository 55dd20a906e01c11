// TlsTestClient: a TLS client for unit tests.
//
// Owner: a test, which keeps the socket open. Thread: the test's.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include "tls/handles.h"

namespace tusk::tls {

// OpenSSL's client on a socket that does not block.
class TlsTestClient {
 public:
  // Offers `protocol` by ALPN, unless it is empty.
  explicit TlsTestClient(int socket, std::string_view protocol = {})
      : context_(::SSL_CTX_new(::TLS_client_method())), session_(::SSL_new(context_.get())) {
    ::SSL_set_fd(session_.get(), socket);
    if (protocol.empty()) return;
    std::string list(1, static_cast<char>(protocol.size()));
    list += protocol;
    ::SSL_set_alpn_protos(session_.get(), reinterpret_cast<const unsigned char*>(list.data()),
                          static_cast<unsigned>(list.size()));
  }

  // Takes the next step of the handshake. True: it is done.
  bool handshake() { return ::SSL_connect(session_.get()) == 1; }
  bool send(std::string_view text) {
    const int size = static_cast<int>(text.size());
    return ::SSL_write(session_.get(), text.data(), size) == size;
  }
  // Returns what can be read now.
  std::string received() {
    std::string text;
    std::array<char, 4096> buffer;
    for (;;) {
      const int count = ::SSL_read(session_.get(), buffer.data(), buffer.size());
      if (count <= 0) return text;
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }

 private:
  Handle<ssl_ctx_st> context_;
  Handle<ssl_st> session_;
};

}  // namespace tusk::tls
