#include "app/plan/tls_settings.h"

#include <chrono>
#include <string>
#include <string_view>

namespace tusk::app::plan {

namespace {

// Mozilla's intermediate configuration without its DHE ciphers: only clients that are out of use
// need them, and with them a client can make a server compute for nothing (CVE-2002-20001).
constexpr std::string_view kTls12Ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

}  // namespace

tls::Settings tls_settings(const config::Settings& settings) {
  tls::Settings tls;
  for (std::size_t i = 0; i < settings.tls_cert.size(); ++i) {
    const std::string& certificate = settings.tls_cert[i];
    tls.certificates.push_back(
        {.certificate = certificate,
         .key = settings.tls_key.empty() ? certificate : settings.tls_key[i]});
  }
  tls.self_signed = settings.tls_self_signed;
  tls.min_version = settings.tls_min_version;
  const bool intermediate = settings.tls_ciphers == "intermediate";
  tls.ciphers = intermediate ? std::string(kTls12Ciphers) : settings.tls_ciphers;
  tls.ocsp_files = settings.tls_ocsp;
  tls.client_auth = settings.tls_client_auth;
  tls.client_ca_file = settings.tls_client_ca;
  tls.ticket_rotation =
      std::chrono::duration_cast<std::chrono::seconds>(settings.tls_ticket_rotation);
  tls.ktls = settings.tls_ktls;
  tls.http2 = settings.http2;
  return tls;
}

}  // namespace tusk::app::plan
