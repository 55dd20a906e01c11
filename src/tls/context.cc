#include "tls/context.h"

#include <algorithm>
#include <memory>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "tls/callbacks.h"

namespace tusk::tls {

namespace {

// In the order of Mozilla's intermediate configuration. TLS 1.3 has no others that are in use.
constexpr const char* kTls13Ciphers =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384";

// The certificates that a client sends. OpenSSL tries all that have the name of an issuer, before
// it knows whether the client is one: its own limit (100 KiB) lets a handshake take 27 ms of a
// loop's time. Real chains have less than 10 KiB.
constexpr long kMostClientChainBytes = 16 * 1024;

base::Result<std::vector<Certificate>> load_certificates(const Settings& settings,
                                                         std::vector<std::string>& warnings) {
  std::vector<Certificate> certificates;
  if (settings.self_signed) {
    base::Result<Certificate> made = Certificate::make_self_signed();
    if (!made) return std::unexpected(made.error());
    certificates.push_back(std::move(*made));
  }
  for (const CertificateFiles& files : settings.certificates) {
    base::Result<Certificate> loaded = Certificate::load(files, warnings);
    if (!loaded) return std::unexpected(loaded.error());
    certificates.push_back(std::move(*loaded));
  }
  if (certificates.empty()) return base::fail("there is no certificate");
  return certificates;
}

base::Result<void> load_staples(const Settings& settings, std::vector<Certificate>& certificates,
                                std::vector<std::string>& warnings) {
  for (const std::string& path : settings.ocsp_files) {
    const base::Result<std::string> der = read_file(path);
    if (!der) return std::unexpected(der.error());
    std::string why;
    const bool taken = std::ranges::any_of(certificates, [&](Certificate& certificate) {
      return certificate.take_staple(*der, why, warnings);
    });
    // A certificate may be renewed before the response about it is.
    if (!taken) warnings.emplace_back(path).append(" ").append(why).append(", and is not sent");
  }
  return {};
}

struct FreeAuthorities {
  void operator()(BIO* bio) const noexcept { ::BIO_free(bio); }
  void operator()(STACK_OF(X509_INFO) * infos) const noexcept {
    sk_X509_INFO_pop_free(infos, ::X509_INFO_free);
  }
};

// Loads certificates and revocation lists as SSL_CTX_load_verify_file() does, but from the text
// that was read: the file may have been replaced meanwhile, or be a FIFO that waits for a writer.
bool trust_client_authorities(SSL_CTX* context, const std::string& pem) {
  const std::unique_ptr<BIO, FreeAuthorities> bio(
      ::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<STACK_OF(X509_INFO), FreeAuthorities> infos(
      ::PEM_X509_INFO_read_bio(bio.get(), nullptr, nullptr, nullptr));
  X509_STORE* const store = ::SSL_CTX_get_cert_store(context);
  bool any = false;
  for (int i = 0; i < sk_X509_INFO_num(infos.get()); ++i) {
    const X509_INFO* const info = sk_X509_INFO_value(infos.get(), i);
    if (info->x509 != nullptr) {
      any = true;
      if (::X509_STORE_add_cert(store, info->x509) != 1 ||
          ::SSL_CTX_add_client_CA(context, info->x509) != 1) {
        return false;
      }
    }
    if (info->crl != nullptr && ::X509_STORE_add_crl(store, info->crl) != 1) return false;
  }
  return any;
}

base::Result<void> set_client_auth(SSL_CTX* context, const Settings& settings) {
  // A ticket contains what its handshake has verified, so it must not be accepted under other rules
  // (RFC 8446 §4.6.1 leaves this to the server). A digest of the rules is the session id context.
  std::string rules = std::to_string(static_cast<int>(settings.client_auth));
  if (settings.client_auth != ClientAuth::kOff) {
    const std::string& path = settings.client_ca_file;
    const base::Result<std::string> pem = read_file(path);
    if (!pem) return std::unexpected(pem.error());
    rules += *pem;
    if (!trust_client_authorities(context, *pem)) {
      return base::fail(path + ": cannot read certificates of client authorities: " + take_error());
    }
    SSL_CTX_set_max_cert_list(context, kMostClientChainBytes);
    ::SSL_CTX_set_verify(context,
                         settings.client_auth == ClientAuth::kRequired
                             ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                             : SSL_VERIFY_PEER,
                         nullptr);
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  const bool set =
      ::EVP_Digest(rules.data(), rules.size(), digest, &length, ::EVP_sha256(), nullptr) == 1 &&
      ::SSL_CTX_set_session_id_context(context, digest, length) == 1;
  if (!set) return base::fail("TLS: " + take_error());
  return {};
}

void set_tickets(SSL_CTX* context, std::chrono::seconds rotation) {
  // All current clients support tickets, so the server stores no sessions.
  ::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (rotation.count() == 0) {
    ::SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    ::SSL_CTX_set_num_tickets(context, 0);
    return;
  }
  ::SSL_CTX_set_timeout(context, static_cast<long>(rotation.count()));
  // OpenSSL would send two after each full handshake of TLS 1.3, and each costs a record, its keys
  // and a write. A client that opens several connections gets a ticket with each of them.
  ::SSL_CTX_set_num_tickets(context, 1);
  set_ticket_callbacks(context);
}

base::Result<Handle<ssl_ctx_st>> make_context(const Settings& settings) {
  Handle<ssl_ctx_st> handle(::SSL_CTX_new(::TLS_server_method()));
  SSL_CTX* const context = handle.get();
  if (context == nullptr) return base::fail("TLS: " + take_error());
  const bool from_12 = settings.min_version == base::TlsVersion::k12;
  ::SSL_CTX_set_min_proto_version(context, from_12 ? TLS1_2_VERSION : TLS1_3_VERSION);
  ::SSL_CTX_set_max_proto_version(context, 0);
  // Renegotiation (TLS 1.2) would let a client make the server do useless work.
  ::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  if (settings.ktls) ::SSL_CTX_set_options(context, SSL_OP_ENABLE_KTLS);
  // The client's order counts, since it knows whether its processor is fast with AES. This is
  // Mozilla's advice if all ciphers are good.
  ::SSL_CTX_clear_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  ::SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
  // Read a record's header and body, or several small records, with one system call.
  ::SSL_CTX_set_read_ahead(context, 1);
  ::SSL_CTX_set_dh_auto(context, 1);  // for ciphers that the option adds
  if (::SSL_CTX_set_ciphersuites(context, kTls13Ciphers) != 1 ||
      ::SSL_CTX_set1_groups_list(context, kGroups) != 1) {
    return base::fail("TLS: " + take_error());
  }
  if (::SSL_CTX_set_cipher_list(context, settings.ciphers.c_str()) != 1) {
    ::ERR_clear_error();
    return base::fail("none of the TLS ciphers is known: " + settings.ciphers);
  }
  if (auto set = set_client_auth(context, settings); !set) return std::unexpected(set.error());
  set_tickets(context, settings.ticket_rotation);
  set_handshake_callbacks(context);
  return handle;
}

base::Result<void> add_certificate(SSL_CTX* context, const Certificate& certificate) {
  STACK_OF(X509)* const chain = sk_X509_new_null();
  for (const auto& link : certificate.chain()) sk_X509_push(chain, link.get());
  const int used =
      ::SSL_CTX_use_cert_and_key(context, certificate.leaf(), certificate.key(), chain, 1);
  sk_X509_free(chain);  // OpenSSL has taken references to the certificates
  if (used == 1) return {};
  return base::fail("the certificate of " + certificate.description() +
                    " cannot be used: " + take_error());
}

}  // namespace

base::Result<std::shared_ptr<const Context>> Context::load(const Settings& settings,
                                                           TicketKeys& keys,
                                                           std::vector<std::string>& warnings) {
  base::Result<std::vector<Certificate>> certificates = load_certificates(settings, warnings);
  if (!certificates) return std::unexpected(certificates.error());
  if (auto stapled = load_staples(settings, *certificates, warnings); !stapled) {
    return std::unexpected(stapled.error());
  }
  std::vector<HostNames::Certificate> known;
  for (const Certificate& certificate : *certificates) {
    known.push_back({.names = certificate.names(), .key_type = certificate.key_type()});
  }
  std::shared_ptr<Context> context(
      new Context(std::move(*certificates), HostNames(known), keys, settings.http2));
  if (auto made = context->make_groups(settings); !made) return std::unexpected(made.error());
  return context;
}

base::Result<void> Context::make_groups(const Settings& settings) {
  for (const std::vector<std::size_t>& members : names_.groups()) {
    base::Result<Handle<ssl_ctx_st>> made = make_context(settings);
    if (!made) return std::unexpected(made.error());
    for (const std::size_t member : members) {
      if (auto added = add_certificate(made->get(), certificates_[member]); !added) return added;
    }
    SSL_CTX_set_app_data(made->get(), this);
    groups_.push_back(std::move(*made));
  }
  return {};
}

Handle<ssl_st> Context::make_session() const {
  return Handle<ssl_st>(::SSL_new(groups_.front().get()));
}

std::int64_t Context::first_expiry() const {
  std::int64_t first = certificates_.front().not_after();
  for (const Certificate& certificate : certificates_) {
    first = std::min(first, certificate.not_after());
  }
  return first;
}

std::string Context::description() const {
  std::string text;
  for (const Certificate& certificate : certificates_) {
    if (!text.empty()) text += "; ";
    text += certificate.description();
  }
  return text;
}

const std::string* Context::staple_of(const x509_st* certificate) const {
  for (const Certificate& known : certificates_) {
    if (known.leaf() == certificate) return known.staple();
  }
  return nullptr;
}

}  // namespace tusk::tls
