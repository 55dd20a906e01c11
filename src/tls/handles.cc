#include "tls/handles.h"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace tusk::tls {

void Delete::operator()(evp_pkey_st* key) const noexcept { ::EVP_PKEY_free(key); }
void Delete::operator()(ssl_ctx_st* context) const noexcept { ::SSL_CTX_free(context); }
void Delete::operator()(ssl_st* session) const noexcept { ::SSL_free(session); }
void Delete::operator()(x509_st* certificate) const noexcept { ::X509_free(certificate); }

std::string take_error() {
  const unsigned long error = ::ERR_get_error();
  ::ERR_clear_error();
  if (error == 0) return "unknown error";
  if (ERR_SYSTEM_ERROR(error)) {
    return std::generic_category().message(ERR_GET_REASON(error));
  }
  const char* const reason = ::ERR_reason_error_string(error);
  return reason != nullptr ? reason : "error " + std::to_string(error);
}

}  // namespace tusk::tls
