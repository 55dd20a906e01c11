#include "config/names/foreign_names.h"

#include <algorithm>
#include <iterator>

#include "config/value.h"

namespace tusk::config::names {
namespace {

constexpr std::string_view kOneSite = "one tusk serves one site, for every host name";
constexpr std::string_view kForeground =
    "tusk stays in the foreground; systemd or a container keeps it running";
constexpr std::string_view kRules = "rules are written as [[rules]], each with its keys below it";
constexpr std::string_view kVersions = "tusk speaks HTTP/1.1 and HTTP/2";
constexpr std::string_view kInclude =
    "in the file, include = [\"conf.d/*.toml\"] names further files";

constexpr ForeignName kNames[] = {
    {"port", "listen", ""},
    {"host", "listen", ""},
    {"bind", "listen", ""},
    {"address", "listen", ""},
    {"addr", "listen", ""},
    {"listen_port", "listen", ""},
    {"http_port", "listen", ""},
    {"https_port", "listen", ""},
    {"docroot", "document_root", ""},
    {"doc_root", "document_root", ""},
    {"webroot", "document_root", ""},
    {"web_root", "document_root", ""},
    {"public_dir", "document_root", ""},
    {"certificate", "tls_cert", ""},
    {"ssl_certificate", "tls_cert", ""},
    {"ssl_cert", "tls_cert", ""},
    {"tls_certificate", "tls_cert", ""},
    {"certificate_key", "tls_key", ""},
    {"ssl_certificate_key", "tls_key", ""},
    {"ssl_key", "tls_key", ""},
    {"private_key", "tls_key", ""},
    {"ssl_protocols", "tls_min_version", ""},
    {"ssl_ciphers", "tls_ciphers", ""},
    {"client_max_body_size", "request_body_bytes", ""},
    {"max_body_size", "request_body_bytes", ""},
    {"body_limit", "request_body_bytes", ""},
    {"keepalive_timeout", "idle_timeout", ""},
    {"client_header_timeout", "header_timeout", ""},
    {"client_body_timeout", "body_timeout", ""},
    {"send_timeout", "write_timeout", ""},
    {"request_terminate_timeout", "request_timeout", ""},
    {"request_slowlog_timeout", "slow_request", ""},
    {"max_children", "php_workers", ""},
    {"pm.max_children", "php_workers", ""},
    {"worker_processes", "php_workers", ""},
    {"num_threads", "php_workers", ""},
    {"pm.max_requests", "worker_max_requests", ""},
    {"worker_connections", "max_connections", ""},
    {"shutdown_timeout", "drain_timeout", ""},
    {"graceful_timeout", "drain_timeout", ""},
    {"grace_period", "drain_timeout", ""},
    {"stop_timeout", "drain_timeout", ""},
    {"drain", "drain_timeout", ""},
    {"shutdown_delay", "drain_delay", ""},
    {"pre_stop", "drain_delay", ""},
    {"try_files", "fallback", ""},
    {"front_controller", "index_file", ""},
    {"autoindex", "directory_listing", ""},
    {"gzip", "compression", ""},
    {"brotli", "compression", ""},
    {"zstd", "compression", ""},
    {"compress", "compression", ""},
    {"expires", "static_cache_ttl", ""},
    {"cache_control", "static_cache_ttl", ""},
    {"proxy", "trusted_proxies", ""},
    {"proxies", "trusted_proxies", ""},
    {"trusted_proxy", "trusted_proxies", ""},
    {"real_ip_header", "trusted_headers", ""},
    {"forwarded_headers", "trusted_headers", ""},
    {"tls", "tls_cert", ""},
    {"ssl", "tls_cert", ""},
    {"log", "log_level", ""},
    {"logging", "log_level", ""},
    {"debug", "log_level", ""},
    {"threads", "io_threads", ""},
    {"real_ip", "trusted_proxies", ""},
    {"set_real_ip_from", "trusted_proxies", ""},
    {"limit_req", "rate_limit", ""},
    {"limit_conn", "max_connections_per_client", ""},
    {"metrics", "internal_addr", ""},
    {"health", "internal_addr", ""},
    {"admin", "internal_addr", ""},
    {"error_page", "error_pages_dir", ""},
    {"disable_symlinks", "follow_symlinks", ""},
    {"environment", "",
     "environment variables come from the process that starts tusk (systemd: Environment=)"},
    {"env", "",
     "environment variables come from the process that starts tusk (systemd: Environment=)"},
    {"server_name", "", kOneSite},
    {"server", "", "there are no sections: write the keys above [php]"},
    {"site", "", kOneSite},
    {"sites", "", kOneSite},
    {"vhost", "", kOneSite},
    {"error_log", "log_file", ""},
    {"logfile", "log_file", ""},
    {"accesslog", "access_log_file", ""},
    {"pid", "", kForeground},
    {"pid_file", "", kForeground},
    {"daemon", "", kForeground},
    {"daemonize", "", kForeground},
    {"location", "", kRules},
    {"redirect", "", kRules},
    {"rewrite", "", kRules},
    {"deny", "", kRules},
    {"headers", "", kRules},
    {"add_header", "", kRules},
    {"http3", "", kVersions},
    {"quic", "", kVersions},
    {"include", "", kInclude},
    {"version", "", "the file has no version"},
    {"chroot", "worker_chroot", ""},
    {"seccomp", "worker_seccomp", ""},
    {"cgroup", "worker_cgroup", ""},
};

constexpr std::string_view kPhpDirectives[] = {
    "allow_url_fopen",     "allow_url_include", "auto_append_file", "auto_prepend_file",
    "default_charset",     "disable_functions", "display_errors",   "display_startup_errors",
    "error_reporting",     "expose_php",        "extension",        "extension_dir",
    "file_uploads",        "html_errors",       "include_path",     "log_errors",
    "max_execution_time",  "max_file_uploads",  "max_input_time",   "max_input_vars",
    "memory_limit",        "open_basedir",      "output_buffering", "post_max_size",
    "realpath_cache_size", "precision",         "short_open_tag",   "sys_temp_dir",
    "upload_max_filesize", "upload_tmp_dir",    "variables_order",  "zend_extension",
};

// The part of a directive before its dot, which TOML reads as a table.
constexpr std::string_view kPhpPrefixes[] = {
    "opcache", "session", "date", "mbstring", "xdebug", "apc",
    "zend",    "mysqli",  "curl", "openssl",  "assert",
};

std::string normal(std::string_view written) {
  const std::size_t start = std::min(written.find_first_not_of('-'), written.size());
  std::string name = lower(written.substr(start));
  std::ranges::replace(name, '-', '_');
  return name;
}

}  // namespace

std::span<const ForeignName> foreign_names() { return kNames; }

std::string note_on(std::string_view written) {
  const std::string name = normal(written);
  const auto* const known = std::ranges::find(kNames, name, &ForeignName::name);
  if (known != std::end(kNames) && !known->note.empty()) return "; " + std::string(known->note);
  const bool of_php =
      std::ranges::find(kPhpDirectives, name) != std::end(kPhpDirectives) ||
      std::ranges::find(kPhpPrefixes, name.substr(0, name.find('.'))) != std::end(kPhpPrefixes);
  if (!of_php) return "";
  if (std::ranges::find(kPhpPrefixes, name) != std::end(kPhpPrefixes))
    return "; that is php.ini's: write " + name + ".NAME below [php]";
  return written.starts_with('-') ? "; that is php.ini's: write -d " + name + "=VALUE"
                                  : "; that is php.ini's: write it below [php]";
}

}  // namespace tusk::config::names
