#include "config/checks/site_checks.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include <sys/stat.h>
#include <unistd.h>

#include "base/permission.h"
#include "config/checks/findings.h"
#include "config/checks/missing_path.h"
#include "config/names/suggestion.h"

namespace tusk::config::checks {

namespace {

bool is_regular_file(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    if (path.substr(0, slash).starts_with('.')) return true;
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return false;
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

}  // namespace

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

void check_php(Loaded& loaded) {
  // PHP's allocator takes memory in pieces of this size, and a thread keeps one.
  constexpr std::uint64_t kLeastWorkerMemory = std::uint64_t{2} << 20U;
  const std::uint64_t limit = loaded.settings.worker_memory_limit;
  if (limit != 0 && limit < kLeastWorkerMemory)
    error(loaded, "worker_memory_limit",
          "must be 0 or at least 2MiB, which every worker keeps: it would be replaced "
          "after each request");
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

bool is_page(std::string_view page) {
  constexpr std::size_t kMostBytes = 8192;
  const bool is_url = page.starts_with("http://") || page.starts_with("https://");
  const auto is_odd = [](unsigned char byte) { return byte <= ' ' || byte >= 0x7f; };
  return (is_url || page.starts_with('/')) && std::ranges::none_of(page, is_odd) &&
         page.find('#') == std::string_view::npos && !page.ends_with("://") &&
         page.size() <= kMostBytes;
}

void check_warm_up(Loaded& loaded) {
  for (const std::string& page : loaded.settings.warm_up) {
    if (!is_page(page))
      error(loaded, "warm_up", "'" + page + "' is neither a path such as /blog nor a URL");
  }
}

}  // namespace tusk::config::checks
