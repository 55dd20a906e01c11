#include "tls/callbacks.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include "base/clock.h"
#include "http/token.h"
#include "tls/context.h"

namespace tusk::tls {

namespace {

const Context& context_of(SSL* session) {
  return *static_cast<const Context*>(SSL_CTX_get_app_data(::SSL_get_SSL_CTX(session)));
}

int choose_certificate(SSL* session, int*, void*) {
  const char* const host = ::SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
  if (host == nullptr) return SSL_TLSEXT_ERR_NOACK;
  // This changes certificates, callbacks and options. The ticket keys stay those of the first
  // SSL_CTX, which are the same.
  ::SSL_set_SSL_CTX(session, context_of(session).for_host(host));
  return SSL_TLSEXT_ERR_OK;
}

// `offered` is a list of texts, each after its length in a byte (RFC 7301 §3.1).
bool offers(std::string_view offered, std::string_view protocol, const unsigned char** chosen) {
  while (!offered.empty()) {
    const auto length = static_cast<unsigned char>(offered.front());
    if (offered.substr(1, length) == protocol) {
      *chosen = reinterpret_cast<const unsigned char*>(offered.data()) + 1;
      return true;
    }
    offered.remove_prefix(std::min<std::size_t>(offered.size(), 1U + length));
  }
  return false;
}

int choose_protocol(SSL* session, const unsigned char** chosen, unsigned char* chosen_length,
                    const unsigned char* in, unsigned int in_length, void*) {
  const std::string_view offered(reinterpret_cast<const char*>(in), in_length);
  for (const std::string_view protocol :
       {std::string_view("h2"), std::string_view("http/1.1"), std::string_view("http/1.0")}) {
    if (protocol == "h2" && !context_of(session).offers_http2()) continue;
    if (!offers(offered, protocol, chosen)) continue;
    *chosen_length = static_cast<unsigned char>(protocol.size());
    return SSL_TLSEXT_ERR_OK;
  }
  // No common protocol: a client that expects another one must not get a response in ours (RFC 7301
  // §3.2; "ALPACA").
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Called when the certificate is chosen, if the client asks for an OCSP response.
int staple(SSL* session, void*) {
  const std::string* const der = context_of(session).staple_of(::SSL_get_certificate(session));
  if (der == nullptr) return SSL_TLSEXT_ERR_NOACK;
  // OpenSSL frees it.
  void* const copy = OPENSSL_memdup(der->data(), der->size());
  if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(session, copy, static_cast<long>(der->size()));
  return SSL_TLSEXT_ERR_OK;
}

bool start_mac(EVP_MAC_CTX* mac, const TicketKeys::Key& key) {
  char digest[] = "SHA256";
  OSSL_PARAM params[3];
  params[0] = ::OSSL_PARAM_construct_octet_string(
      OSSL_MAC_PARAM_KEY, const_cast<unsigned char*>(key.mac.data()), key.mac.size());
  params[1] = ::OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0);
  params[2] = ::OSSL_PARAM_construct_end();
  return ::EVP_MAC_CTX_set_params(mac, params) == 1;
}

constexpr int kTicketError = -1;
constexpr int kTicketUnknown = 0;
constexpr int kTicketGood = 1;
constexpr int kTicketGoodAndRenew = 2;

// SSL_CTX_set_tlsext_ticket_key_evp_cb(3): `name` has 16 bytes.
int use_ticket_key(SSL* session, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                   EVP_MAC_CTX* mac, int seal) {
  TicketKeys& keys = context_of(session).ticket_keys();
  const EVP_CIPHER* const aes = ::EVP_aes_256_cbc();
  if (seal == 1) {
    const std::optional<TicketKeys::Key> key = keys.current(base::now());
    if (!key || ::RAND_bytes(iv, ::EVP_CIPHER_get_iv_length(aes)) != 1) return kTicketError;
    std::memcpy(name, key->name.data(), key->name.size());
    const bool set = ::EVP_EncryptInit_ex(cipher, aes, nullptr, key->cipher.data(), iv) == 1 &&
                     start_mac(mac, *key);
    return set ? kTicketGood : kTicketError;
  }
  const std::optional<TicketKeys::Found> found =
      keys.find({reinterpret_cast<const char*>(name), sizeof(TicketKeys::Key::name)}, base::now());
  if (!found) return kTicketUnknown;
  const bool set = ::EVP_DecryptInit_ex(cipher, aes, nullptr, found->key.cipher.data(), iv) == 1 &&
                   start_mac(mac, found->key);
  if (!set) return kTicketError;
  return found->is_current ? kTicketGood : kTicketGoodAndRenew;
}

// Returns the host name in the current ClientHello, or an empty text. OpenSSL processes tickets
// before this extension (tls_early_post_process_client_hello()), so SSL_get_servername() does not
// know the name yet. The extension's form is the list's length, the type host_name (0), the name's
// length, and the name (RFC 6066 §3). OpenSSL accepts no other list, and later refuses the
// handshake if it is malformed.
std::string_view named_host(SSL* session) {
  constexpr std::size_t kBeforeName = 5;
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  if (::SSL_client_hello_get0_ext(session, TLSEXT_TYPE_server_name, &data, &size) != 1 ||
      size < kBeforeName) {
    return {};
  }
  return {reinterpret_cast<const char*>(data) + kBeforeName, size - kBeforeName};
}

// Called when a ticket was decrypted, or could not be (SSL_CTX_set_session_ticket_cb(3)). A session
// is resumed only for the host name that it was made for, since the client has verified the
// certificate of that name (RFC 6066 §3). TLS 1.3 leaves this to the server (RFC 8446 §4.6.1), and
// the same reason holds. Otherwise a full handshake follows, with a ticket for the new name.
SSL_TICKET_RETURN judge_ticket(SSL* session, SSL_SESSION* opened, const unsigned char*, std::size_t,
                               SSL_TICKET_STATUS status, void*) {
  if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) {
    return SSL_TICKET_RETURN_IGNORE_RENEW;  // the default without this callback
  }
  const char* const made_for = ::SSL_SESSION_get0_hostname(opened);
  if (!http::equals_ignoring_case(made_for != nullptr ? made_for : "", named_host(session))) {
    return SSL_TICKET_RETURN_IGNORE_RENEW;
  }
  return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

}  // namespace

void set_handshake_callbacks(ssl_ctx_st* context) {
  SSL_CTX_set_tlsext_servername_callback(context, &choose_certificate);
  ::SSL_CTX_set_alpn_select_cb(context, &choose_protocol, nullptr);
  SSL_CTX_set_tlsext_status_cb(context, &staple);
}

void set_ticket_callbacks(ssl_ctx_st* context) {
  ::SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &use_ticket_key);
  ::SSL_CTX_set_session_ticket_cb(context, nullptr, &judge_ticket, nullptr);
}

}  // namespace tusk::tls
