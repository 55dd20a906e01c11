#include "tls/handshake_failure.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace tusk::tls {

namespace {

using observe::TlsFailure;

TlsFailure kind_of(int reason) {
  // An alert from the peer has this offset plus the alert's number (openssl/sslerr.h).
  if (reason >= SSL_AD_REASON_OFFSET) return TlsFailure::kAlert;
  switch (reason) {
    case SSL_R_HTTP_REQUEST:
      return TlsFailure::kPlainHttp;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_VERSION_TOO_HIGH:
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_INAPPROPRIATE_FALLBACK:
      return TlsFailure::kVersion;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
      return TlsFailure::kCipher;
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return TlsFailure::kProtocol;
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return TlsFailure::kClientCertificate;
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return TlsFailure::kClosed;
    default:
      return TlsFailure::kOther;
  }
}

}  // namespace

HandshakeFailure handshake_failure(const ssl_st* session, int error) {
  const unsigned long first = ::ERR_peek_error();
  const int reason = ERR_GET_REASON(first);
  const char* const text = ::ERR_reason_error_string(first);
  ::ERR_clear_error();
  if (error == SSL_ERROR_SYSCALL || error == SSL_ERROR_ZERO_RETURN || first == 0) {
    return {TlsFailure::kClosed, "closed in the middle of the handshake"};
  }
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && ERR_GET_LIB(first) == ERR_LIB_SSL) {
    return {TlsFailure::kClientCertificate,
            ::X509_verify_cert_error_string(::SSL_get_verify_result(session))};
  }
  const bool of_tls = ERR_GET_LIB(first) == ERR_LIB_SSL;
  return {of_tls ? kind_of(reason) : TlsFailure::kOther,
          text != nullptr ? std::string_view(text) : std::string_view("unknown error")};
}

}  // namespace tusk::tls
