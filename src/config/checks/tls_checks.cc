#include "config/checks/tls_checks.h"

#include <string>

#include "config/checks/findings.h"

namespace tusk::config::checks {

namespace {

void check_certificates(Loaded& loaded) {
  const Settings& settings = loaded.settings;
  const std::size_t certificates = settings.tls_cert.size();
  if (!settings.tls_key.empty() && settings.tls_key.size() != certificates)
    error(loaded, "tls_key",
          "there are " + std::to_string(settings.tls_key.size()) + " keys for " +
              std::to_string(certificates) + " certificates; one each, in the same order");
  if (settings.tls_self_signed && certificates > 0)
    error(loaded, "tls_self_signed", "tls_cert gives a certificate already");
  if (settings.tls_client_auth != TlsClientAuth::kOff && settings.tls_client_ca.empty() &&
      !loaded.incomplete)
    error(loaded, "tls_client_auth", "needs the trusted authorities: tls_client_ca");
  if (settings.tls_client_auth == TlsClientAuth::kOff && !settings.tls_client_ca.empty())
    warning(loaded, "tls_client_ca", "has no effect, because tls_client_auth is off");
}

}  // namespace

void check_tls(Loaded& loaded) {
  const Settings& settings = loaded.settings;
  const bool certificate = settings.has_certificate();
  bool tls = false;
  bool clear = false;
  for (const Address& address : settings.listen) {
    const bool speaks_tls = address.speaks_tls(certificate);
    (speaks_tls ? tls : clear) = true;
    if (speaks_tls && !certificate && !loaded.incomplete)
      error(loaded, "listen",
            to_string(address) + " needs a certificate: tls_cert, or tls_self_signed");
  }
  check_certificates(loaded);
  if (certificate && !tls)
    warning(loaded, settings.tls_self_signed ? "tls_self_signed" : "tls_cert",
            "has no effect: no address to serve on speaks TLS");
  if (settings.https_redirect != HttpsRedirect::kOff && !clear)
    warning(loaded, "https_redirect", "has no effect: every address to serve on speaks TLS");
  // The browsers' preload list requires this (hstspreload.org).
  if (settings.hsts_preload && !(settings.hsts_subdomains && settings.hsts.count() > 0))
    warning(loaded, "hsts_preload", "needs hsts of a year and hsts_subdomains");
}

}  // namespace tusk::config::checks
