#include "app/certificate_watch.h"

#include <chrono>
#include <string>
#include <vector>

#include "observe/log.h"

namespace tusk::app {

namespace {

constexpr std::chrono::seconds kInterval{1};

}  // namespace

void CertificateWatch::start() {
  timer_.expires_after(kInterval);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    look();
    start();
  });
}

void CertificateWatch::look() {
  std::string problem;
  std::vector<std::string> warnings;
  const net::TlsStore::Look seen = store_.look(problem, warnings);
  for (const std::string& warning : warnings) observe::warn(warning);
  if (seen == net::TlsStore::Look::reloaded) {
    metrics_.tls_reload(observe::TlsReload::kDone);
    observe::info("new certificates are in use",
                  {{"certificates", store_.current()->description()}});
  } else if (seen == net::TlsStore::Look::refused) {
    metrics_.tls_reload(observe::TlsReload::kRefused);
    observe::error("changed certificates are refused, those before stay in use",
                   {{"reason", problem}});
  }
}

}  // namespace tusk::app
