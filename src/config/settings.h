// Settings: the value of every option, as plain data. Everything else about an option (names,
// default, range, documentation) is in config/options/.
//
// Thread: any. config::load() fills it on the main thread; afterwards it is only read or copied. A
// Settings that load() has not filled holds zeros: defaults are in the table and nowhere else.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/address.h"
#include "config/choices.h"
#include "config/listen_address.h"
#include "config/php_directive.h"
#include "config/pool.h"
#include "config/rule.h"
#include "config/trusted_header.h"
#include "config/trusted_proxy.h"

namespace tusk::config {

// A path is absolute, or empty for none. A count that was given as 0, for "automatic", has its
// final value.
struct Settings {
  // Serving
  std::string config_file;
  std::vector<ListenAddress> listen;
  std::string listen_mode;
  std::string listen_owner;
  std::string listen_group;
  std::uint64_t listen_backlog{};
  std::uint64_t io_threads{};
  std::string document_root;
  std::optional<Address> internal_addr;
  std::string internal_mode;
  std::string internal_token_file;
  bool octane_admin{};
  std::vector<TrustedProxy> trusted_proxies;
  std::vector<TrustedHeader> trusted_headers;
  std::vector<TrustedProxy> proxy_protocol;
  std::chrono::milliseconds drain_delay{};
  std::chrono::milliseconds drain_timeout{};
  bool supervisor{};
  std::uint64_t processes{};
  std::string user;
  std::string group;
  std::string crash_dir;
  std::string control_socket;        // absolute, "auto" or "off"
  std::vector<std::string> warm_up;  // paths or URLs
  std::chrono::milliseconds warm_up_timeout{};
  std::uint64_t process_memory_limit{};
  std::chrono::milliseconds process_max_age{};
  std::uint64_t process_max_lost_workers{};
  std::uint64_t process_max_opcache_restarts{};

  // Routing
  Preset preset{};
  std::string index_file;
  std::string fallback;
  std::vector<std::string> run_scripts;   // globs
  std::vector<std::string> static_only;   // globs
  std::vector<std::string> denied_files;  // globs
  std::string error_pages_dir;
  bool error_page_for_empty_500{};

  // TLS
  std::vector<std::string> tls_cert;
  std::vector<std::string> tls_key;
  bool tls_self_signed{};
  TlsVersion tls_min_version{};
  std::string tls_ciphers;
  std::vector<std::string> tls_ocsp;
  TlsClientAuth tls_client_auth{};
  std::string tls_client_ca;
  std::chrono::milliseconds tls_ticket_rotation{};
  std::chrono::milliseconds tls_handshake_timeout{};
  std::uint64_t tls_max_handshakes{};
  bool tls_ktls{};
  HttpsRedirect https_redirect{};
  std::uint64_t https_redirect_port{};
  std::chrono::milliseconds hsts{};
  bool hsts_subdomains{};
  bool hsts_preload{};

  bool has_certificate() const { return tls_self_signed || !tls_cert.empty(); }

  // PHP
  WorkerKind engine{};
  std::string php_host;
  Preload preload{};
  std::string preload_file;
  Executor executor{};  // chosen by USE_STUB, USE_EXT and EXECUTOR together
  bool use_ext{};
  bool use_stub{};
  std::uint64_t php_workers{};
  std::uint64_t worker_stack_bytes{};
  std::uint64_t worker_max_requests{};
  std::uint64_t worker_memory_limit{};
  std::string worker_user;
  std::string worker_group;
  std::string worker_cgroup;
  std::uint64_t worker_cgroup_memory_max{};
  std::uint64_t worker_cgroup_cpu_max{};  // in percent of one processor
  std::uint64_t worker_cgroup_pids_max{};
  Seccomp worker_seccomp{};
  std::string worker_chroot;
  std::string resident;
  std::uint64_t resident_workers{};
  ScriptMode resident_mode{};
  std::vector<std::string> resident_warm_up;  // paths or URLs
  bool resident_doctor{};
  std::uint64_t max_lost_workers{};
  std::uint64_t lost_workers_per_client{};
  std::chrono::milliseconds request_timeout{};
  std::chrono::milliseconds request_cpu_timeout{};
  std::chrono::milliseconds sse_timeout{};
  std::chrono::milliseconds slow_request{};
  std::uint64_t slow_memory{};
  std::uint64_t queue_capacity{};
  std::chrono::milliseconds queue_timeout{};
  std::chrono::milliseconds stall_timeout{};
  std::chrono::milliseconds opcache_restart_timeout{};
  std::chrono::milliseconds opcache_force_restart_timeout{};
  SapiName sapi_name{};
  std::string server_software;  // empty: tusk's own
  std::string php_ini;
  std::vector<PhpDirective> php;

  // Connections
  std::uint64_t max_connections{};
  std::uint64_t max_connections_per_client{};
  std::uint64_t rate_limit{};
  std::chrono::milliseconds rate_window{};
  std::uint64_t keepalive_requests{};
  bool http2{};
  std::uint64_t http2_max_streams{};
  std::uint64_t http2_stream_window_bytes{};
  std::uint64_t http2_connection_window_bytes{};
  std::uint64_t http2_max_resets{};
  std::uint64_t http2_max_control_frames{};
  std::uint64_t http2_max_continuations{};
  std::chrono::milliseconds header_timeout{};
  std::chrono::milliseconds body_timeout{};
  std::chrono::milliseconds idle_timeout{};
  std::chrono::milliseconds write_timeout{};
  std::uint64_t body_min_rate{};
  std::uint64_t response_min_rate{};

  // Requests and responses
  std::uint64_t request_header_bytes{};
  std::uint64_t request_header_count{};
  std::uint64_t request_target_bytes{};
  std::uint64_t request_body_bytes{};
  std::uint64_t body_memory_bytes{};
  std::uint64_t body_memory_total_bytes{};
  std::uint64_t body_disk_total_bytes{};
  std::uint64_t body_client_percent{};
  std::string temp_dir;
  std::uint64_t response_buffer_bytes{};
  std::uint64_t response_memory_bytes{};
  std::uint64_t response_memory_total_bytes{};
  std::uint64_t response_disk_total_bytes{};
  std::uint64_t response_client_percent{};
  std::uint64_t response_spool_bytes{};
  std::vector<std::string> compression;  // content codings, as HTTP names them; or "off" alone
  std::vector<std::string> compress_types;
  std::vector<std::string> compress_streams;
  std::uint64_t compress_min_bytes{};
  std::uint64_t compress_max_bytes{};
  std::uint64_t zstd_level{};
  std::uint64_t brotli_level{};
  std::uint64_t gzip_level{};

  // Files
  SymbolicLinks follow_symlinks{};
  std::chrono::milliseconds static_cache_ttl{};
  std::vector<std::string> static_immutable;  // globs, or "hashed"
  std::string static_charset;
  bool precompressed{};
  bool directory_listing{};
  std::vector<std::string> sendfile_roots;
  std::vector<std::string> accel_locations;  // "/prefix/=/directory"
  std::uint64_t file_cache_entries{};
  std::uint64_t file_cache_bytes{};
  std::uint64_t file_cache_file_bytes{};
  std::uint64_t file_cache_descriptors{};
  std::chrono::milliseconds file_cache_validity{};

  // Logging
  LogLevel log_level{};
  LogFormat log_format{};
  PriorityPrefix log_priority_prefix{};
  std::string log_file;
  bool access_log{};
  std::string access_log_format;
  std::string access_log_file;
  std::uint64_t access_log_sample{};  // in millionths
  std::chrono::milliseconds access_log_slow{};
  std::vector<std::string> access_log_exclude;  // globs
  bool request_id{};
  TraceContext trace_context{};
  std::uint64_t trace_sample{};  // in millionths
  std::string otlp_endpoint;
  std::string service_name;

  // Development
  std::vector<std::string> watch;  // globs
  bool watch_polling{};
  bool hot_reload{};

  // Only in the file: rules and pools have no entry in the option table.
  std::vector<Rule> rules;
  // Besides the default pool, in the order in which they are tried; that of `resident` is the last.
  std::vector<Pool> pools;

  bool operator==(const Settings&) const = default;
};

}  // namespace tusk::config
