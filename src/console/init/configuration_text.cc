#include "console/init/configuration_text.h"

#include <string_view>

#include "config/file/toml_string.h"

namespace tusk::console::init {

namespace {

using config::file::toml_string;

constexpr std::string_view kServiceHead =
    R"(# tusk's configuration. `man tusk.toml` lists all options; `tusk check --config /etc/tusk/tusk.toml` looks for
# mistakes, and `systemctl reload tusk` makes a change take effect, without losing a request.
#
# `tusk init` writes this file for an application: it asks for its directory and its host name.

# Values of files in conf.d override those of this file.
include = ["conf.d/*.toml"]
)";

constexpr std::string_view kHead =
    R"(# tusk's configuration, made by `tusk init`. docs/configuration.md lists all options; `tusk check --config FILE`
# looks for mistakes, and `tusk reload` makes a change take effect, without losing a request.
)";

constexpr std::string_view kWorkers = R"(
# Scripts that run at the same time. Without a number: one for each CPU core, fewer if there is little memory.
# An application that waits for a database most of the time needs more.
#php_workers = 8

)";

constexpr std::string_view kService =
    R"(# Health, metrics and the dashboard. For Prometheus or a browser: "127.0.0.1:9090".
internal_addr = "unix:/run/tusk/internal.sock"

# The log is in the journal: journalctl -u tusk.
access_log = true
access_log_file = "/var/log/tusk/access.log"
slow_request = "5s"
crash_dir = "/var/lib/tusk/crashes"
# Not /tmp, which may be memory: large uploads and responses go there.
temp_dir = "/var/tmp"

# These override php.ini. The rest of PHP's settings is there: `tusk check` names the files.
[php]
expose_php = false
session.save_path = "/var/lib/tusk/sessions"
session.gc_probability = 1
session.gc_divisor = 1000
opcache.memory_consumption = 192
opcache.interned_strings_buffer = 16
opcache.max_accelerated_files = 20000
realpath_cache_size = "4M"
)";

constexpr std::string_view kProduction = R"(access_log = true
slow_request = "5s"

# These override php.ini.
[php]
expose_php = false
opcache.memory_consumption = 192
opcache.interned_strings_buffer = 16
opcache.max_accelerated_files = 20000
realpath_cache_size = "4M"
)";

std::string list(const std::vector<std::string>& values) {
  std::string text = "[";
  for (const std::string& value : values)
    text += (text.size() > 1 ? ", " : "") + toml_string(value);
  return text + "]";
}

std::string site_text(const Site& site) {
  const Application& application = site.application;
  std::string text =
      "\n# The directory to serve, and the application in it: wordpress, laravel, symfony, drupal, "
      "mediawiki, dokuwiki, spa.\n";
  text += "document_root = " + toml_string(application.document_root) + "\n";
  if (!application.preset.empty()) {
    text += "preset = " + toml_string(application.preset) + "\n";
  } else if (!application.front_controller.empty()) {
    text += "index_file = " + toml_string(application.front_controller) + "\n";
  } else {
    text += "#preset = \"wordpress\"\n";
  }
  text += "\n# Another program on port 80? Then \":8080\", or \"127.0.0.1:8080\" behind it.\n";
  text += "listen = " + list(site.listen) + "\n";
  if (!site.certificate.empty()) {
    text += "tls_cert = " + toml_string(site.certificate) + "\n";
    text += "tls_key = " + toml_string(site.key) + "\n";
    text += "https_redirect = 308\n";
  } else {
    text +=
        "#listen = [\":80\", \":443\"]\n#tls_cert = \"/etc/tusk/fullchain.pem\"\n"
        "#tls_key = \"/etc/tusk/privkey.pem\"\n#https_redirect = 308\n";
  }
  if (!site.host.empty()) {
    const std::string scheme = site.certificate.empty() ? "http" : "https";
    text +=
        "\n# New server processes request it from themselves before clients do, to fill their "
        "caches.\n";
    text += "warm_up = [" + toml_string(scheme + "://" + site.host + "/") + "]\n";
  }
  return text;
}

}  // namespace

std::string configuration_text(const Site& site) {
  std::string text(site.service ? kServiceHead : kHead);
  text += site_text(site);
  text += kWorkers;
  return text += site.service ? kService : kProduction;
}

Site welcome_site() {
  return {.application = {.name = {}, .preset = {}, .document_root = "/usr/share/tusk/welcome"},
          .listen = {":80"},
          .service = true};
}

}  // namespace tusk::console::init
