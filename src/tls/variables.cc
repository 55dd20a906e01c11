#include "tls/variables.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <span>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace tusk::tls {

namespace {

// A limit to alternative names, since the authority decides how many a certificate has.
constexpr int kMaxNames = 20;

void put(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).push_back('\0');
  // A NUL in the value would make its rest the name of the next variable.
  out.append(value.substr(0, value.find('\0'))).push_back('\0');
}

// A text that OpenSSL prints.
class Printed {
 public:
  Printed() : bio_(::BIO_new(::BIO_s_mem())) {}
  Printed(const Printed&) = delete;
  Printed& operator=(const Printed&) = delete;
  ~Printed() { ::BIO_free(bio_); }
  BIO* bio() { return bio_; }
  std::string_view text() {
    char* data = nullptr;
    const long length = BIO_get_mem_data(bio_, &data);
    return {data, length > 0 ? static_cast<std::size_t>(length) : 0};
  }

 private:
  BIO* bio_;
};

// RFC 2253 in UTF-8, as in Apache since 2.3.11.
constexpr unsigned long kNameFlags =
    XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);

void put_name(std::string& out, const std::string& variable, const X509_NAME* name) {
  struct Part {
    int nid;
    std::string_view suffix;
  };
  constexpr std::array kParts = {
      Part{NID_countryName, "_C"},
      Part{NID_stateOrProvinceName, "_ST"},
      Part{NID_localityName, "_L"},
      Part{NID_organizationName, "_O"},
      Part{NID_organizationalUnitName, "_OU"},
      Part{NID_commonName, "_CN"},
      Part{NID_title, "_T"},
      Part{NID_initials, "_I"},
      Part{NID_givenName, "_G"},
      Part{NID_surname, "_S"},
      Part{NID_description, "_D"},
      Part{NID_userId, "_UID"},
      Part{NID_pkcs9_emailAddress, "_Email"},
  };
  Printed whole;
  ::X509_NAME_print_ex(whole.bio(), name, 0, kNameFlags);
  put(out, variable, whole.text());
  for (const Part& part : kParts) {
    const int at = ::X509_NAME_get_index_by_NID(name, part.nid, -1);
    if (at < 0) continue;
    Printed value;
    ::ASN1_STRING_print_ex(value.bio(), ::X509_NAME_ENTRY_get_data(::X509_NAME_get_entry(name, at)),
                           ASN1_STRFLGS_ESC_CTRL | ASN1_STRFLGS_UTF8_CONVERT);
    put(out, variable + std::string(part.suffix), value.text());
  }
}

void put_time(std::string& out, std::string_view variable, const ASN1_TIME* time) {
  Printed text;
  ::ASN1_TIME_print(text.bio(), time);
  put(out, variable, text.text());
}

void put_alternative_names(std::string& out, const X509* certificate) {
  auto* const names = static_cast<GENERAL_NAMES*>(
      ::X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  int emails = 0;
  int hosts = 0;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names, i);
    const bool email = name->type == GEN_EMAIL;
    if (!email && name->type != GEN_DNS) continue;
    int& number = email ? emails : hosts;
    if (number == kMaxNames) continue;
    const ASN1_STRING* const text = email ? name->d.rfc822Name : name->d.dNSName;
    const std::string_view value(reinterpret_cast<const char*>(::ASN1_STRING_get0_data(text)),
                                 static_cast<std::size_t>(::ASN1_STRING_length(text)));
    // A name with a NUL may hide something behind it, so it is skipped.
    if (value.find('\0') != std::string_view::npos) continue;
    const char* const prefix = email ? "SSL_CLIENT_SAN_Email_" : "SSL_CLIENT_SAN_DNS_";
    put(out, prefix + std::to_string(number++), value);
  }
  GENERAL_NAMES_free(names);
}

std::string hex_of(std::span<const unsigned char> bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (const unsigned char byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

void put_certificate(std::string& out, const X509* certificate) {
  put(out, "SSL_CLIENT_M_VERSION", std::to_string(::X509_get_version(certificate) + 1));
  Printed serial;
  ::i2a_ASN1_INTEGER(serial.bio(), ::X509_get0_serialNumber(certificate));
  put(out, "SSL_CLIENT_M_SERIAL", serial.text());
  put_name(out, "SSL_CLIENT_S_DN", ::X509_get_subject_name(certificate));
  put_name(out, "SSL_CLIENT_I_DN", ::X509_get_issuer_name(certificate));
  put_time(out, "SSL_CLIENT_V_START", ::X509_get0_notBefore(certificate));
  put_time(out, "SSL_CLIENT_V_END", ::X509_get0_notAfter(certificate));
  int days = 0;
  int seconds = 0;
  if (::ASN1_TIME_diff(&days, &seconds, nullptr, ::X509_get0_notAfter(certificate)) == 1) {
    put(out, "SSL_CLIENT_V_REMAIN", std::to_string(std::max(days, 0)));
  }
  const char* const signature = ::OBJ_nid2ln(::X509_get_signature_nid(certificate));
  if (signature != nullptr) put(out, "SSL_CLIENT_A_SIG", signature);
  const EVP_PKEY* const key = ::X509_get0_pubkey(certificate);
  const char* const type = key != nullptr ? ::OBJ_nid2ln(::EVP_PKEY_get_base_id(key)) : nullptr;
  if (type != nullptr) put(out, "SSL_CLIENT_A_KEY", type);
  put_alternative_names(out, certificate);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (::X509_digest(certificate, ::EVP_sha256(), digest.data(), &length) == 1) {
    put(out, "SSL_CLIENT_FINGERPRINT_SHA256", hex_of(std::span(digest).first(length)));
  }
  Printed pem;
  ::PEM_write_bio_X509(pem.bio(), const_cast<X509*>(certificate));
  put(out, "SSL_CLIENT_CERT", pem.text());
}

}  // namespace

std::string connection_variables(ssl_st* session) {
  std::string out;
  put(out, "SSL_PROTOCOL", ::SSL_get_version(session));
  const SSL_CIPHER* const cipher = ::SSL_get_current_cipher(session);
  int algorithm_bits = 0;
  const int used_bits = ::SSL_CIPHER_get_bits(cipher, &algorithm_bits);
  put(out, "SSL_CIPHER", ::SSL_CIPHER_get_name(cipher));
  put(out, "SSL_CIPHER_USEKEYSIZE", std::to_string(used_bits));
  put(out, "SSL_CIPHER_ALGKEYSIZE", std::to_string(algorithm_bits));
  put(out, "SSL_CIPHER_EXPORT", "false");
  put(out, "SSL_COMPRESS_METHOD", "NULL");
  put(out, "SSL_SECURE_RENEG",
      ::SSL_get_secure_renegotiation_support(session) == 1 ? "true" : "false");
  put(out, "SSL_SESSION_RESUMED", ::SSL_session_reused(session) == 1 ? "Resumed" : "Initial");
  const char* const host = ::SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
  if (host != nullptr) {
    put(out, "SSL_TLS_SNI", host);
    put(out, "SSL_SERVER_NAME", host);
  }
  const X509* const certificate = ::SSL_get0_peer_certificate(session);
  // An invalid certificate has ended the handshake.
  put(out, "SSL_CLIENT_VERIFY", certificate != nullptr ? "SUCCESS" : "NONE");
  if (certificate != nullptr) put_certificate(out, certificate);
  return out;
}

}  // namespace tusk::tls
