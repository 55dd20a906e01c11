#include "php/ini_review.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>

#include <sys/stat.h>
#include <unistd.h>

#include "base/permission.h"
#include "config/names/suggestion.h"
#include "config/value.h"
#include "php/zend.h"

namespace tusk::php {

namespace {

// PHP's header declares it outside extern "C".
extern "C" const ps_module* find_session_handler(const char* name) __asm__("_php_find_ps_module");

constexpr const char* kCreateHint = "; create the directory or set another one";

std::string single_quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::string_view view(const zend_string* text) {
  return text == nullptr ? std::string_view() : std::string_view(ZSTR_VAL(text), ZSTR_LEN(text));
}

const zend_ini_entry* entry_of(std::string_view name) {
  return static_cast<const zend_ini_entry*>(
      zend_hash_str_find_ptr(EG(ini_directives), name.data(), name.size()));
}

// The value from php.ini or -d. None: neither sets it.
std::optional<std::string_view> configured(std::string_view name) {
  const zval* const found =
      zend_hash_str_find(php_ini_get_configuration_hash(), name.data(), name.size());
  if (found == nullptr || Z_TYPE_P(found) != IS_STRING) return std::nullopt;
  return view(Z_STR_P(found));
}

std::string value_of(std::string_view name) {
  const zend_ini_entry* const entry = entry_of(name);
  return entry == nullptr ? "" : std::string(view(entry->value));
}

std::uint64_t bytes_of(std::string_view name) {
  const zend_ini_entry* const entry = entry_of(name);
  if (entry == nullptr || entry->value == nullptr) return 0;
  zend_string* error = nullptr;
  const zend_long bytes = zend_ini_parse_quantity(entry->value, &error);
  if (error != nullptr) zend_string_release(error);
  return bytes < 0 ? 0 : static_cast<std::uint64_t>(bytes);
}

// Directives that load extensions, and those that only a section of php.ini can have, have no
// entry.
bool is_directive(std::string_view name) {
  return name != "extension" && name != "zend_extension" &&
         name.find_first_of("[]=/\\") == std::string_view::npos;
}

bool means_on_or_off(std::string_view value) {
  if (value.empty()) return true;
  if (std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; })) return true;
  const std::string word = config::lower(value);
  return word == "on" || word == "off" || word == "yes" || word == "no" || word == "true" ||
         word == "false" || word == "none" || word == "null";
}

bool is_number(std::string_view value) {
  const std::size_t start = value.starts_with('-') ? 1 : 0;
  return value.size() > start &&
         std::ranges::all_of(value.substr(start), [](char c) { return c >= '0' && c <= '9'; });
}

class Review {
 public:
  explicit Review(const Settings& settings) : settings_(settings) {}

  std::vector<IniFinding> run() && {
    check_names();
    check_values();
    check_sizes();
    check_paths();
    check_session_handler();
    return std::move(found_);
  }

 private:
  void add(std::string_view directive, std::string message) {
    found_.push_back({std::string(directive), std::move(message)});
  }

  bool is_given_here(std::string_view name) const {
    return std::ranges::find(settings_.directives, name, &config::PhpDirective::name) !=
           settings_.directives.end();
  }

  // Suggests only names with the same prefix before the dot: another extension's is not meant.
  std::string hint_for(std::string_view name) const {
    const std::string_view prefix = name.substr(0, name.find('.') + 1);
    std::vector<config::names::Name> names;
    zend_string* known = nullptr;
    ZEND_HASH_FOREACH_STR_KEY(EG(ini_directives), known) {
      if (view(known).substr(0, view(known).find('.') + 1) != prefix) continue;
      names.push_back({std::string(view(known)), std::string(view(known))});
    }
    ZEND_HASH_FOREACH_END();
    return config::names::did_you_mean(name, names);
  }

  void check_names() {
    zend_string* key = nullptr;
    ZEND_HASH_FOREACH_STR_KEY(php_ini_get_configuration_hash(), key) {
      const std::string_view name = view(key);
      if (name.empty() || !is_directive(name) || entry_of(name) != nullptr) continue;
      const std::string hint = hint_for(name);
      if (!hint.empty() || is_given_here(name))
        add(name, "no loaded extension defines it, so it has no effect" +
                      (hint.empty() ? "; load the extension or remove the line" : hint));
    }
    ZEND_HASH_FOREACH_END();
  }

  // zend_register_ini_entries_ex() uses the built-in value if a handler rejects the given one.
  void check_values() {
    zval* slot = nullptr;
    ZEND_HASH_FOREACH_VAL(EG(ini_directives), slot) {
      const auto* const entry = static_cast<const zend_ini_entry*>(Z_PTR_P(slot));
      const std::string_view name = view(entry->name);
      const auto given = configured(name);
      if (!given) continue;
      // An empty value leaves the setting to PHP, as in many lines of Debian's php.ini.
      if (given->empty() && !view(entry->value).empty()) continue;
      if (view(entry->value) != *given) {
        add(name,
            "PHP rejects " + single_quoted(*given) + " and uses " +
                (view(entry->value).empty() ? "its default" : single_quoted(view(entry->value))));
      } else if (entry->displayer == zend_ini_boolean_displayer_cb && !means_on_or_off(*given)) {
        add(name, single_quoted(*given) + " is neither On nor Off; PHP treats it as Off");
      } else if (name == "display_errors" && !means_on_or_off(*given) &&
                 config::lower(*given) != "stderr" && config::lower(*given) != "stdout") {
        add(name, single_quoted(*given) + " is neither On, Off nor stderr; PHP treats it as On");
      } else if (name == "error_reporting" && !given->empty() && !is_number(*given)) {
        add(name, single_quoted(*given) +
                      " is neither a number nor a constant such as E_ALL; PHP treats it as "
                      "0 and reports nothing");
      }
    }
    ZEND_HASH_FOREACH_END();
  }

  void check_sizes() {
    const std::uint64_t upload = bytes_of("upload_max_filesize");
    const std::uint64_t post = bytes_of("post_max_size");
    const bool upload_given = configured("upload_max_filesize").has_value();
    const bool post_given = configured("post_max_size").has_value();
    const std::string body = config::format_bytes(settings_.request_body_bytes);
    if ((upload_given || post_given) && post != 0 && upload > post) {
      add("upload_max_filesize",
          "is " + value_of("upload_max_filesize") + " and more than post_max_size, which is " +
              value_of("post_max_size") + ": larger uploads do not arrive; raise post_max_size");
    }
    if (upload_given && upload > settings_.request_body_bytes) {
      add("upload_max_filesize", "is " + value_of("upload_max_filesize") +
                                     " and more than request_body_bytes, which is " + body +
                                     ": larger uploads are answered 413; raise "
                                     "request_body_bytes");
    } else if (post_given && post > settings_.request_body_bytes) {
      add("post_max_size", "is " + value_of("post_max_size") +
                               " and more than request_body_bytes, which is " + body +
                               ": larger requests are answered 413; raise request_body_bytes");
    }
  }

  void check_directory(std::string_view directive, const std::string& path) {
    struct stat status{};
    if (path.empty()) return;
    if (::stat(path.c_str(), &status) != 0) {
      add(directive, path + ": " + base::denial_text(path, F_OK, errno) +
                         (errno == ENOENT ? kCreateHint : ""));
    } else if (!S_ISDIR(status.st_mode)) {
      add(directive, path + " is not a directory");
    } else if (const int number = base::access_error(path, W_OK | X_OK); number != 0) {
      add(directive, path + ": " + base::denial_text(path, W_OK | X_OK, number));
    }
  }

  void check_file(std::string_view directive, const std::string& path) {
    if (!path.starts_with('/')) return;  // looked for in include_path
    const int number = base::access_error(path, R_OK);
    if (number == 0) return;
    const bool needed = directive.starts_with("auto_");
    add(directive, path + ": " + base::denial_text(path, R_OK, number) +
                       (needed ? "; no script runs without it" : "; set one that can be read"));
  }

  void check_paths() {
    if (value_of("session.save_handler") == "files") {
      // "N;MODE;/path" (ps_files_open() in ext/session/mod_files.c)
      const std::string path = value_of("session.save_path");
      check_directory("session.save_path", path.substr(path.rfind(';') + 1));
    }
    for (const std::string_view name : {"upload_tmp_dir", "sys_temp_dir"})
      check_directory(name, value_of(name));
    for (const std::string_view name :
         {"auto_prepend_file", "auto_append_file", "openssl.cafile", "curl.cainfo", "browscap"})
      check_file(name, value_of(name));
    const std::string log = value_of("error_log");
    if (log.starts_with('/') && log != "/dev/stderr" && log != "/dev/stdout") {
      const bool there = base::access_error(log, F_OK) == 0;
      const std::string place =
          there ? log : log.substr(0, std::max<std::size_t>(1, log.rfind('/')));
      const int mode = there ? W_OK : W_OK | X_OK;
      if (const int number = base::access_error(place, mode); number != 0)
        add("error_log", place + ": " + base::denial_text(place, mode, number) +
                             (number == ENOENT ? kCreateHint : ""));
    }
    check_open_basedir();
  }

  // php_check_specific_open_basedir() takes a prefix for a directory only if it ends with a slash.
  void check_open_basedir() {
    const std::string allowed = value_of("open_basedir");
    if (allowed.empty()) return;
    std::array<char, PATH_MAX> real{};
    if (::realpath(settings_.document_root.c_str(), real.data()) == nullptr) return;
    const std::string root = std::string(real.data()) + "/";
    std::string_view rest = allowed;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(':'), rest.size());
      const std::string one(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      std::array<char, PATH_MAX> resolved{};
      if (one.empty() || ::realpath(one.c_str(), resolved.data()) == nullptr) continue;
      const std::string_view directory(resolved.data());
      if (root.starts_with(directory) &&
          (directory.ends_with('/') || root[directory.size()] == '/'))
        return;
    }
    add("open_basedir", "does not allow the document root, " + settings_.document_root +
                            ": no script there can be run; add it to " + allowed);
  }

  // At start-up any name is accepted (OnUpdateSaveHandler() in ext/session/session.c).
  void check_session_handler() {
    const std::string handler = value_of("session.save_handler");
    if (handler.empty() || handler == "user" || find_session_handler(handler.c_str()) != nullptr)
      return;
    add("session.save_handler", "no loaded extension provides the handler " +
                                    single_quoted(handler) +
                                    ": sessions cannot start; load the extension or use files");
  }

  const Settings& settings_;
  std::vector<IniFinding> found_;
};

}  // namespace

std::vector<IniFinding> review_ini(const Settings& settings) { return Review(settings).run(); }

std::string build_name() {
  return "PHP " + std::to_string(PHP_MAJOR_VERSION) + "." + std::to_string(PHP_MINOR_VERSION) +
         (compatibility::kIsThreadSafe ? ", thread-safe" : ", not thread-safe");
}

std::vector<std::string> loaded_extensions() {
  std::vector<std::string> names;
  zval* slot = nullptr;
  ZEND_HASH_FOREACH_VAL(&module_registry, slot) {
    names.emplace_back(static_cast<const zend_module_entry*>(Z_PTR_P(slot))->name);
  }
  ZEND_HASH_FOREACH_END();
  if (zend_get_extension("Zend OPcache") != nullptr) names.emplace_back("Zend OPcache");
  std::ranges::sort(names, {}, [](const std::string& name) { return config::lower(name); });
  const auto [first, last] = std::ranges::unique(names);
  names.erase(first, last);
  return names;
}

}  // namespace tusk::php
