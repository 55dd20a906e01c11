#include "app/certificates.h"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include <unistd.h>

#include "base/permission.h"
#include "observe/log.h"

namespace tusk::app {

namespace {

// The option that names the file with which a message begins: "tls_cert: ".
std::string option_of_file(const tls::Settings& settings, std::string_view message) {
  const auto named = [&](const std::string& path) { return message.starts_with(path + ": "); };
  using tls::CertificateFiles;
  if (std::ranges::any_of(settings.certificates, named, &CertificateFiles::certificate)) {
    return "tls_cert: ";
  }
  if (std::ranges::any_of(settings.certificates, named, &CertificateFiles::key)) {
    return "tls_key: ";
  }
  if (std::ranges::any_of(settings.ocsp_files, named)) return "tls_ocsp: ";
  return named(settings.client_ca_file) ? "tls_client_ca: " : "";
}

// Checks access before OpenSSL does, because its messages name no option.
base::Result<void> check_files(const tls::Settings& settings) {
  base::Result<void> result;
  const auto check = [&](const char* option, const std::string& path) {
    const int number = result ? base::access_error(path, R_OK) : 0;
    if (number != 0)
      result = base::fail(std::string(option) + ": " + path + ": " +
                          base::denial_text(path, R_OK, number));
  };
  for (const auto& files : settings.certificates) check("tls_cert", files.certificate);
  for (const auto& files : settings.certificates) check("tls_key", files.key);
  if (!settings.client_ca_file.empty()) check("tls_client_ca", settings.client_ca_file);
  return result;
}

}  // namespace

base::Result<std::unique_ptr<tls::CertificateStore>> open_certificates(
    const plan::Plan& plan, std::vector<std::string>& warnings,
    std::unique_ptr<tls::SharedTicketKeys> shared_keys) {
  if (!plan.any_listener_speaks_tls()) return nullptr;
  const tls::Settings& settings = plan.process.tls;
  const base::Result<void> readable = check_files(settings);
  if (!readable) return std::unexpected(readable.error());
  auto store = tls::CertificateStore::open(settings, warnings, std::move(shared_keys));
  if (!store) {
    return base::fail(option_of_file(settings, store.error().message) + store.error().message);
  }
  return store;
}

bool can_watch_certificates(const tls::Settings& settings) {
  base::Result<void> readable = check_files(settings);
  for (const std::string& path : settings.ocsp_files) {
    const int number = readable ? base::access_error(path, R_OK) : 0;
    // A file that is not there yet may come.
    if (number == EACCES)
      readable = base::fail("tls_ocsp: " + path + ": " + base::denial_text(path, R_OK, number));
  }
  if (readable) return true;
  observe::info("certificates are read again at a reload only: after a renewal, run tusk reload",
                {{"reason", readable.error().message}});
  return false;
}

}  // namespace tusk::app
