#include "config/checks/advice.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <sys/stat.h>
#include <unistd.h>

#include "base/permission.h"
#include "config/option_table.h"

namespace tusk::config::checks {
namespace {

void warn(Loaded& loaded, std::string_view name, const std::string& message) {
  const Option& option = option_named(name);
  loaded.warnings.push_back(prefix(option, origin_of(loaded, option)) + message);
}

bool exists(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0;
}

bool is_directory(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

// A proxy that terminates TLS and forwards in clear text would be redirected again and again.
void advise_on_https(Loaded& loaded) {
  const Settings& settings = loaded.settings;
  if (settings.https_redirect == HttpsRedirect::kOff) return;
  const auto speaks_tls = [&](const Address& address) {
    return address.speaks_tls(settings.has_certificate());
  };
  if (std::ranges::any_of(settings.listen, speaks_tls)) return;
  const auto trusts = [](const ListenAddress& listener) {
    return !listener.trusted_proxies.value_or(std::vector<TrustedProxy>()).empty() ||
           !listener.proxy_protocol.value_or(std::vector<TrustedProxy>()).empty();
  };
  if (!settings.trusted_proxies.empty() || !settings.proxy_protocol.empty()) return;
  if (std::ranges::any_of(settings.listen, trusts)) return;
  warn(loaded, "https_redirect",
       "is an endless redirect behind a proxy that terminates TLS: no address speaks TLS here, "
       "and no proxy is trusted to say that the client used it; give a certificate (tls_cert), or "
       "name the proxy in trusted_proxies");
}

void advise_on_listing(Loaded& loaded) {
  const Settings& settings = loaded.settings;
  if (!settings.directory_listing || settings.index_file.empty()) return;
  warn(loaded, "directory_listing",
       "has no effect, because index_file answers every path that is not a file: " +
           settings.index_file);
}

// Warns if the root is the directory of a framework's project, whose public part is a subdirectory.
void advise_on_root(Loaded& loaded) {
  const std::string& root = loaded.settings.document_root;
  std::string_view secret;
  for (const std::string_view name : {".env", "composer.json", "artisan", "bin/console"}) {
    if (secret.empty() && exists(root + "/" + std::string(name))) secret = name;
  }
  if (secret.empty()) return;
  for (const std::string_view name : {"public", "web", "webroot", "pub"}) {
    const std::string directory = root + "/" + std::string(name);
    if (!is_directory(directory) || !exists(directory + "/index.php")) continue;
    warn(loaded, "document_root",
         root + " looks like a whole project (it has " + std::string(secret) + " and " +
             std::string(name) + "/index.php): serve its public part, " + directory);
    return;
  }
}

void advise_on_rights(Loaded& loaded) {
  const Settings& settings = loaded.settings;
  const auto look = [&](std::string_view option, const std::string& path) {
    const int number = exists(path) ? base::access_error(path, R_OK) : 0;
    if (number != 0) warn(loaded, option, path + ": " + base::denial_text(path, R_OK, number));
  };
  const std::string& root = settings.document_root;
  if (!settings.index_file.empty()) {
    look("index_file", root + "/" + settings.index_file);
  } else if (settings.fallback.starts_with('/')) {
    look("fallback", root + settings.fallback);
  } else {
    look("document_root", root + "/index.php");
  }
  if (settings.directory_listing && settings.index_file.empty()) look("document_root", root);
}

void advise_on_preload(Loaded& loaded) {
  if (loaded.settings.preload == Preload::kAuto && !loaded.settings.supervisor)
    warn(loaded, "preload",
         "has no effect without the supervisor, which starts new processes when files change");
}

// A unix socket is created in its directory, unless the socket was handed over.
void advise_on_sockets(Loaded& loaded) {
  const auto look = [&](std::string_view option, const Address& address) {
    if (address.kind != Address::Kind::kUnix || address.is_abstract()) return;
    const std::string directory =
        address.path.substr(0, std::max<std::size_t>(1, address.path.rfind('/')));
    const int number = base::access_error(directory, W_OK | X_OK);
    if (number == 0) return;
    warn(loaded, option,
         to_string(address) + ": " + base::creation_denial_text(address.path, number));
  };
  for (const Address& address : loaded.settings.listen) look("listen", address);
  if (loaded.settings.internal_addr) look("internal_addr", *loaded.settings.internal_addr);
}

}  // namespace

void advise(Loaded& loaded) {
  if (!loaded.errors.empty()) return;
  advise_on_https(loaded);
  advise_on_listing(loaded);
  advise_on_root(loaded);
  advise_on_rights(loaded);
  advise_on_sockets(loaded);
  advise_on_preload(loaded);
}

}  // namespace tusk::config::checks
