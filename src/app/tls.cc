#include "app/tls.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

#include "base/permission.h"

namespace tusk::app {

namespace {

// Mozilla's intermediate configuration without its DHE ciphers: only clients that nobody has any
// more need those, and a client can make a server compute with them for nothing (CVE-2002-20001).
constexpr std::string_view kTls12Ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

int redirect_status(config::HttpsRedirect redirect) {
  switch (redirect) {
    case config::HttpsRedirect::kOff:
      return 0;
    case config::HttpsRedirect::k301:
      return 301;
    case config::HttpsRedirect::k308:
      return 308;
  }
  return 0;
}

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

// "tls_cert: ", where a message begins with a file that this option names.
std::string option_of_file(const config::Settings& settings, std::string_view message) {
  const auto named = [&](const std::string& path) { return message.starts_with(path + ": "); };
  if (std::ranges::any_of(settings.tls_cert, named)) return "tls_cert: ";
  if (std::ranges::any_of(settings.tls_key, named)) return "tls_key: ";
  if (std::ranges::any_of(settings.tls_ocsp, named)) return "tls_ocsp: ";
  return named(settings.tls_client_ca) ? "tls_client_ca: " : "";
}

// Before OpenSSL says it, which names no option.
base::Result<void> check_files(const config::Settings& settings) {
  base::Result<void> result;
  const auto check = [&](const char* option, const std::string& path) {
    const int number = result ? base::access_error(path, R_OK) : 0;
    if (number != 0)
      result = base::fail(std::string(option) + ": " + path + ": " +
                          base::denial_text(path, R_OK, number));
  };
  for (const std::string& path : settings.tls_cert) check("tls_cert", path);
  for (const std::string& path : settings.tls_key) check("tls_key", path);
  if (!settings.tls_client_ca.empty()) check("tls_client_ca", settings.tls_client_ca);
  return result;
}

}  // namespace

base::Result<std::unique_ptr<tls::CertificateStore>> open_tls(const config::Settings& settings,
                                                              std::vector<std::string>& warnings) {
  const auto speaks_tls = [&](const config::Address& address) {
    return address.speaks_tls(settings.has_certificate());
  };
  if (std::ranges::none_of(settings.listen, speaks_tls)) return nullptr;
  const base::Result<void> readable = check_files(settings);
  if (!readable) return std::unexpected(readable.error());
  auto store = tls::CertificateStore::open(tls_settings(settings), warnings);
  if (!store)
    return base::fail(option_of_file(settings, store.error().message) + store.error().message);
  return store;
}

site::HttpsPolicy https_policy(const config::Settings& settings) {
  site::HttpsPolicy policy;
  policy.redirect_status = redirect_status(settings.https_redirect);
  policy.https_port = static_cast<std::uint16_t>(settings.https_redirect_port);
  if (settings.hsts.count() > 0) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(settings.hsts);
    policy.hsts = "max-age=" + std::to_string(seconds.count());
    if (settings.hsts_subdomains) policy.hsts += "; includeSubDomains";
    if (settings.hsts_preload) policy.hsts += "; preload";
  }
  return policy;
}

}  // namespace tusk::app
