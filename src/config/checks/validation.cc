#include "config/checks/validation.h"

#include <algorithm>
#include <cerrno>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/access/access_format.h"
#include "base/permission.h"
#include "base/tracing/collector_url.h"
#include "config/checks/foreign_value.h"
#include "config/checks/missing_path.h"
#include "config/names/suggestion.h"
#include "config/option_table.h"

namespace tusk::config::checks {
namespace {

enum class Blame { kUse, kMachine };

void error(Loaded& loaded, std::string_view name, const std::string& message,
           Blame blame = Blame::kUse) {
  const Option& option = option_named(name);
  if (blame == Blame::kUse && disown(loaded, option, message)) return;
  loaded.errors.push_back({.message = prefix(option, origin_of(loaded, option)) + message,
                           .wrong_use = blame == Blame::kUse});
  loaded.unusable.push_back(&option);
}

// Whether none of them is known to be wrong. Otherwise further errors about them may be only
// consequences.
bool usable(const Loaded& loaded, std::initializer_list<std::string_view> names) {
  return std::ranges::none_of(loaded.unusable, [&](const Option* option) {
    return std::ranges::find(names, option->name) != names.end();
  });
}

void warning(Loaded& loaded, std::string_view name, const std::string& message) {
  const Option& option = option_named(name);
  loaded.warnings.push_back(prefix(option, origin_of(loaded, option)) + message);
}

void check_directory(Loaded& loaded, std::string_view name, const std::string& path, int access) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    const int number = errno;
    error(loaded, name, path + ": " + base::denial_text(path, F_OK, number) + missing_hint(path),
          Blame::kMachine);
  } else if (!S_ISDIR(status.st_mode)) {
    error(loaded, name, path + " is not a directory", Blame::kMachine);
  } else if (const int number = base::access_error(path, access); number != 0) {
    error(loaded, name, path + ": " + base::denial_text(path, access, number), Blame::kMachine);
  }
}

bool is_regular_file(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

bool is_number(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

void check_listen(Loaded& loaded) {
  const auto& listen = loaded.settings.listen;
  const auto fixed = [](const Address& address) {
    return address.kind == Address::Kind::kUnix || address.port != 0;
  };
  for (auto address = listen.begin(); address != listen.end(); ++address) {
    const auto same = [&](const Address& other) { return other.same_place(*address); };
    if (fixed(*address) && std::find_if(listen.begin(), address, same) != address)
      error(loaded, "listen", to_string(*address) + " is given twice");
  }
  const auto& internal = loaded.settings.internal_addr;
  if (!internal) return;
  const auto same = [&](const Address& address) { return address.same_place(*internal); };
  if (fixed(*internal) && std::ranges::any_of(listen, same))
    error(loaded, "internal_addr", to_string(*internal) + " is also an address to serve on");
  if (internal->scheme == Address::Scheme::kHttps)
    error(loaded, "internal_addr", "the internal server does not speak TLS");
}

void check_socket(Loaded& loaded, std::string_view name, const Address& address) {
  if (address.kind != Address::Kind::kUnix || address.is_abstract()) return;
  const std::string directory =
      address.path.substr(0, std::max<std::size_t>(1, address.path.rfind('/')));
  check_directory(loaded, name, directory, F_OK);
  struct stat status{};
  if (::lstat(address.path.c_str(), &status) != 0 || S_ISSOCK(status.st_mode)) return;
  error(loaded, name,
        address.path +
            (S_ISDIR(status.st_mode)
                 ? " is a directory: name the socket itself, such as " + address.path + "/tusk.sock"
                 : " exists and is not a socket, so tusk does not replace it; remove it "
                   "or name another path"),
        Blame::kMachine);
}

void check_mode(Loaded& loaded, std::string_view name, const std::string& mode) {
  if (mode.find_first_not_of("01234567") != std::string::npos ||
      (mode.size() == 4 && mode[0] > '0'))
    error(loaded, name, "'" + mode + "' is not a mode such as 0660");
}

void check_token_file(Loaded& loaded) {
  const std::string& path = loaded.settings.internal_token_file;
  if (path.empty()) return;
  struct stat status{};
  if (const int number = base::access_error(path, R_OK); number != 0) {
    error(loaded, "internal_token_file", path + ": " + base::denial_text(path, R_OK, number),
          Blame::kMachine);
  } else if (::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
             (status.st_mode & S_IROTH) != 0) {
    warning(loaded, "internal_token_file", path + " can be read by every user of this machine");
  }
}

void check_warm_up(Loaded& loaded) {
  for (const std::string& page : loaded.settings.warm_up) {
    const bool is_url = page.starts_with("http://") || page.starts_with("https://");
    const auto is_odd = [](unsigned char byte) { return byte <= ' ' || byte >= 0x7f; };
    if ((!is_url && !page.starts_with('/')) || std::ranges::any_of(page, is_odd) ||
        page.find('#') != std::string::npos || page.ends_with("://"))
      error(loaded, "warm_up", "'" + page + "' is neither a path such as /blog nor a URL");
  }
}

void check_sockets(Loaded& loaded) {
  check_mode(loaded, "listen_mode", loaded.settings.listen_mode);
  const std::string& owner = loaded.settings.listen_owner;
  if (!owner.empty() && !is_number(owner) && ::getpwnam(owner.c_str()) == nullptr)
    error(loaded, "listen_owner", "there is no user '" + owner + "'", Blame::kMachine);
  const std::string& group = loaded.settings.listen_group;
  if (!group.empty() && !is_number(group) && ::getgrnam(group.c_str()) == nullptr)
    error(loaded, "listen_group", "there is no group '" + group + "'", Blame::kMachine);
}

bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    if (path.substr(0, slash).starts_with('.')) return true;
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return false;
}

// Neither path may leave the root or be a hidden file: it could never be served.
void check_routing(Loaded& loaded) {
  const std::string index = loaded.settings.index_file;
  const std::string fallback = loaded.settings.fallback;
  if (index.find('/') != std::string::npos) {
    error(loaded, "index_file", "'" + index + "' must be a name without a slash");
  } else if (index.starts_with('.')) {
    error(loaded, "index_file", "'" + index + "' is a dotfile, which is never served");
  } else if (!index.empty() && !is_regular_file(loaded.settings.document_root + "/" + index)) {
    warning(loaded, "index_file", "there is no " + index + " in " + loaded.settings.document_root);
  }
  if (fallback.empty()) return;
  if (!fallback.starts_with('/')) {
    error(loaded, "fallback", "'" + fallback + "' must begin with a slash: /" + fallback);
  } else if (fallback.find_first_of("?#") != std::string::npos) {
    error(loaded, "fallback", "'" + fallback + "' must be a path alone, without ? or #");
  } else if (fallback.ends_with('/')) {
    error(loaded, "fallback", "'" + fallback + "' must name a file, not a directory");
  } else if (has_dot_segment(fallback)) {
    error(loaded, "fallback", "'" + fallback + "' leaves the root or is a dotfile");
  } else if (!index.empty()) {
    warning(loaded, "fallback", "has no effect, because index_file is " + index);
  } else if (!is_regular_file(loaded.settings.document_root + fallback)) {
    warning(loaded, "fallback",
            "there is no " + fallback.substr(1) + " in " + loaded.settings.document_root);
  }
}

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

void check_php(Loaded& loaded) {
  const std::string& ini = loaded.settings.php_ini;
  const int number = ini.empty() ? 0 : base::access_error(ini, R_OK);
  if (number != 0) {
    error(loaded, "php_ini", ini + ": " + base::denial_text(ini, R_OK, number) + missing_hint(ini),
          Blame::kMachine);
  } else if (ini.ends_with(".toml")) {
    warning(loaded, "php_ini", ini + " is read as a php.ini; tusk's own file is given by --config");
  }
}

void check_x_sendfile(Loaded& loaded) {
  const auto check = [&](std::string_view name, const std::string& directory) {
    if (!directory.starts_with('/')) {
      error(loaded, name, "'" + directory + "' must be an absolute path");
    } else {
      check_directory(loaded, name, directory, R_OK | X_OK);
    }
  };
  for (const std::string& root : loaded.settings.sendfile_roots) check("sendfile_roots", root);
  std::set<std::string> prefixes;
  for (const std::string& location : loaded.settings.accel_locations) {
    const std::size_t equals = location.find('=');
    const std::string prefix = location.substr(0, equals);
    if (equals == std::string::npos || !prefix.starts_with('/') || !prefix.ends_with('/')) {
      error(loaded, "accel_locations",
            "'" + location +
                "' must be a prefix with a slash at both ends, = and a directory: "
                "/protected/=/srv/files");
    } else if (!prefixes.insert(prefix).second) {
      error(loaded, "accel_locations", "'" + prefix + "' has a directory already");
    } else {
      check("accel_locations", location.substr(equals + 1));
    }
  }
}

void check_connections(Loaded& loaded, const Machine& machine) {
  if (loaded.settings.max_connections <= machine.open_files) return;
  warning(loaded, "max_connections",
          "is more than the limit of open files, " + std::to_string(machine.open_files));
}

void check_messages(Loaded& loaded) {
  if (loaded.settings.request_target_bytes <= loaded.settings.request_header_bytes) return;
  warning(loaded, "request_target_bytes",
          "has no effect beyond request_header_bytes, which is smaller");
}

// The charset is a parameter of Content-Type, which is a token (RFC 9110 §5.6.6).
void check_charset(Loaded& loaded) {
  const std::string& charset = loaded.settings.static_charset;
  const auto is_of_a_name = [](char c) {
    const char low = static_cast<char>(c | 0x20);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.:+").contains(c);
  };
  if (!std::ranges::all_of(charset, is_of_a_name))
    error(loaded, "static_charset", "'" + charset + "' is not a character set, such as utf-8");
}

// "text/html", or a pattern with one star.
bool is_media_type_pattern(std::string_view text) {
  const auto star = std::ranges::count(text, '*');
  return star <= 1 && (star == 1 || text.find('/') != std::string_view::npos) &&
         text.find_first_of(" \t;,\"") == std::string_view::npos;
}

void check_media_types(Loaded& loaded, std::string_view name,
                       const std::vector<std::string>& types) {
  for (const std::string& type : types) {
    if (is_media_type_pattern(type)) continue;
    error(loaded, name, "'" + type + "' is not a media type, such as text/html or text/*");
  }
}

void check_compression(Loaded& loaded) {
  const Settings& settings = loaded.settings;
  const auto& codings = settings.compression;
  const names::Name known[] = {{.known = "zstd", .answer = "zstd"},
                               {.known = "brotli", .answer = "br"},
                               {.known = "gzip", .answer = "gzip"},
                               {.known = "x-gzip", .answer = "gzip"},
                               {.known = "none", .answer = "off"}};
  for (const std::string& coding : codings) {
    if (coding == "br" || coding == "zstd" || coding == "gzip") continue;
    if (coding == "off") {
      if (codings.size() > 1) error(loaded, "compression", "off excludes all codings");
      continue;
    }
    error(
        loaded, "compression",
        "'" + coding + "' is not one of zstd, br, gzip, off" + names::did_you_mean(coding, known));
  }
  check_media_types(loaded, "compress_types", settings.compress_types);
  check_media_types(loaded, "compress_streams", settings.compress_streams);
  if (settings.compress_min_bytes > settings.compress_max_bytes)
    error(loaded, "compress_min_bytes", "is more than compress_max_bytes");
}

// A file that is to be appended to: it, or the directory that it will be in, must be writable.
void check_log_file(Loaded& loaded, std::string_view name, const std::string& path) {
  if (path.empty()) return;
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) {
    const int number = base::access_error(path, W_OK);
    if (S_ISDIR(status.st_mode)) {
      error(loaded, name, path + " is a directory: name the file itself", Blame::kMachine);
    } else if (number != 0) {
      error(loaded, name, path + ": " + base::denial_text(path, W_OK, number), Blame::kMachine);
    }
    return;
  }
  const std::string directory = path.substr(0, std::max<std::size_t>(1, path.rfind('/')));
  check_directory(loaded, name, directory, W_OK | X_OK);
}

void check_logs(Loaded& loaded) {
  const Settings& settings = loaded.settings;
  check_log_file(loaded, "log_file", settings.log_file);
  check_log_file(loaded, "access_log_file", settings.access_log_file);
  if (!settings.access_log_format.empty()) {
    const auto format = base::access::parse_access_format(settings.access_log_format);
    if (!format) error(loaded, "access_log_format", format.error().message);
  }
  if (!settings.otlp_endpoint.empty()) {
    const auto collector = base::tracing::parse_collector_url(settings.otlp_endpoint);
    if (!collector) error(loaded, "otlp_endpoint", collector.error().message);
    if (settings.trace_context == TraceContext::kOff)
      warning(loaded, "otlp_endpoint", "has no effect, because trace_context is off");
  }
}

}  // namespace

void validate(Loaded& loaded, const Machine& machine) {
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
  if_usable({"control_socket"}, [&] {
    const std::string& path = settings.control_socket;
    if (path != "auto" && path != "off" && !path.starts_with('/'))
      error(loaded, "control_socket", "must be an absolute path, auto or off");
  });
  if_usable({"document_root"},
            [&] { check_directory(loaded, "document_root", settings.document_root, X_OK); });
  if_usable({"temp_dir"},
            [&] { check_directory(loaded, "temp_dir", settings.temp_dir, W_OK | X_OK); });
  if (!settings.crash_dir.empty() && usable(loaded, {"crash_dir"}))
    check_directory(loaded, "crash_dir", settings.crash_dir, R_OK | W_OK | X_OK);
  if (!settings.error_pages_dir.empty() && usable(loaded, {"error_pages_dir"}))
    check_directory(loaded, "error_pages_dir", settings.error_pages_dir, R_OK | X_OK);
  if_usable({"listen", "tls_cert", "tls_key", "tls_self_signed", "tls_client_auth", "tls_client_ca",
             "https_redirect"},
            [&] { check_tls(loaded); });
  if_usable({"document_root", "index_file", "fallback", "preset"}, [&] { check_routing(loaded); });
  check_charset(loaded);
  check_logs(loaded);
  if_usable({"compression", "compress_min_bytes", "compress_max_bytes"},
            [&] { check_compression(loaded); });
  check_php(loaded);
  check_x_sendfile(loaded);
}

}  // namespace tusk::config::checks
