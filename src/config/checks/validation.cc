#include "config/checks/validation.h"

#include <initializer_list>
#include <string_view>

#include <unistd.h>

#include "base/process/acting_user.h"
#include "config/checks/address_checks.h"
#include "config/checks/findings.h"
#include "config/checks/log_checks.h"
#include "config/checks/pool_checks.h"
#include "config/checks/site_checks.h"
#include "config/checks/tls_checks.h"
#include "config/checks/user_checks.h"

namespace tusk::config::checks {

namespace {

void check_messages(Loaded& loaded) {
  if (loaded.settings.request_target_bytes <= loaded.settings.request_header_bytes) return;
  warning(loaded, "request_target_bytes",
          "has no effect beyond request_header_bytes, which is smaller");
}

// The user of the server processes has to use them, whoever starts tusk.
void check_directories_of_user(Loaded& loaded) {
  const Settings& settings = loaded.settings;
  const base::process::ActingUser acting({.user = settings.user, .group = settings.group});
  if (usable(loaded, {"document_root"}))
    check_directory(loaded, "document_root", settings.document_root, X_OK);
  if (usable(loaded, {"temp_dir"}))
    check_directory(loaded, "temp_dir", settings.temp_dir, W_OK | X_OK);
  if (!settings.error_pages_dir.empty() && usable(loaded, {"error_pages_dir"}))
    check_directory(loaded, "error_pages_dir", settings.error_pages_dir, R_OK | X_OK);
}

void check_directories(Loaded& loaded) {
  check_directories_of_user(loaded);
  // The supervisor writes there.
  if (!loaded.settings.crash_dir.empty() && usable(loaded, {"crash_dir"}))
    check_directory(loaded, "crash_dir", loaded.settings.crash_dir, R_OK | W_OK | X_OK);
}

}  // namespace

void validate(Loaded& loaded, const machine::Machine& machine) {
  const auto if_usable = [&](std::initializer_list<std::string_view> names, auto check) {
    if (usable(loaded, names)) check();
  };
  const Settings& settings = loaded.settings;
  if_usable({"max_connections"}, [&] { check_connections(loaded, machine); });
  if_usable({"request_target_bytes", "request_header_bytes"}, [&] { check_messages(loaded); });
  if_usable({"listen", "internal_addr"}, [&] { check_listen(loaded); });
  if_usable({"listen_mode", "listen_owner", "listen_group"}, [&] { check_sockets(loaded); });
  if_usable({"internal_mode"},
            [&] { check_mode(loaded, "internal_mode", settings.internal_mode); });
  if_usable({"internal_token_file"}, [&] { check_token_file(loaded); });
  if_usable({"warm_up"}, [&] { check_warm_up(loaded); });
  if_usable({"listen"}, [&] {
    for (const Address& address : settings.listen) check_socket(loaded, "listen", address);
  });
  if (settings.internal_addr && usable(loaded, {"internal_addr"}))
    check_socket(loaded, "internal_addr", *settings.internal_addr);
  if_usable({"control_socket"}, [&] { check_control_socket(loaded); });
  if_usable({"user", "group", "engine"}, [&] { check_user(loaded); });
  check_directories(loaded);
  if_usable({"listen", "tls_cert", "tls_key", "tls_self_signed", "tls_client_auth", "tls_client_ca",
             "https_redirect"},
            [&] { check_tls(loaded); });
  if_usable({"document_root", "index_file", "fallback", "preset"}, [&] { check_routing(loaded); });
  check_charset(loaded);
  check_logs(loaded);
  if_usable({"compression", "compress_min_bytes", "compress_max_bytes"},
            [&] { check_compression(loaded); });
  check_php(loaded);
  if_usable({"document_root", "php_workers", "resident"}, [&] { check_pools(loaded); });
  check_x_sendfile(loaded);
}

}  // namespace tusk::config::checks
