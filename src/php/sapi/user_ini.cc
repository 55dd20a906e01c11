#include "php/sapi/user_ini.h"

#include "base/mutex.h"

namespace tusk::php::sapi {

namespace {

// PHP's ini parser keeps the current section in static variables (active_ini_hash in
// main/php_ini.c), so only one thread may use it at a time.
base::Mutex& parser_mutex() {
  static base::Mutex mutex;
  return mutex;
}

// Applies the values like php_ini_activate_config(), which takes every value for a string. Arrays
// come from sections and from name[] = value; they are not directives.
void apply(const HashTable* directives, int modify_type, int stage) noexcept {
  zend_string* name = nullptr;
  zval* value = nullptr;
  ZEND_HASH_FOREACH_STR_KEY_VAL(compatibility::to_visit(directives), name, value) {
    if (name == nullptr || Z_TYPE_P(value) != IS_STRING) continue;
    zend_string* const copy = zend_string_dup(Z_STR_P(value), 0);
    zend_alter_ini_entry_ex(name, copy, modify_type, stage, false);
    zend_string_release(copy);
  }
  ZEND_HASH_FOREACH_END();
}

// A section of php.ini. php_ini_activate_per_host_config() is not used: the name is the client's,
// and it would take any directive of that name for a section.
void apply_section(std::string_view name) noexcept {
  const zval* const section = cfg_get_entry(name.data(), name.size());
  if (section == nullptr || Z_TYPE_P(section) != IS_ARRAY) return;
  apply(Z_ARRVAL_P(section), PHP_INI_SYSTEM, PHP_INI_STAGE_ACTIVATE);
}

// "/srv" and "/srv/www" for "/srv/www/": the nearer directory wins.
void apply_path_sections(std::string_view directory) noexcept {
  std::size_t slash = 0;
  while ((slash = directory.find('/', slash + 1)) != std::string_view::npos) {
    apply_section(directory.substr(0, slash));
  }
}

// False: PHP bailed out. In a frame without destructors.
bool parse_file(const char* directory, HashTable* directives) noexcept {
  volatile bool done = false;
  zend_try {
    php_parse_user_ini_file(directory, PG(user_ini_filename), directives);
    done = true;
  }
  zend_end_try();
  return done;
}

bool parse_locked(const std::string& directory, HashTable* directives) noexcept {
  const base::MutexLock lock(parser_mutex());
  return parse_file(directory.c_str(), directives);
}

}  // namespace

UserIni::~UserIni() {
  for (auto& [name, entry] : directories_) zend_hash_destroy(&entry.directives);
}

UserIni::Directory& UserIni::find(std::string_view directory) {
  const auto known = directories_.find(directory);
  if (known != directories_.end()) return known->second;
  if (directories_.size() >= kMostDirectories) {
    for (auto& [name, entry] : directories_) zend_hash_destroy(&entry.directives);
    directories_.clear();
  }
  Directory& entry = directories_[std::string(directory)];
  zend_hash_init(&entry.directives, 0, nullptr, config_zval_dtor, true);
  return entry;
}

void UserIni::read_files(Directory& entry, std::string_view directory, std::size_t root_length,
                         std::time_t now) noexcept {
  zend_hash_clean(&entry.directives);
  entry.read = false;
  for (std::size_t slash = directory.find('/', root_length); slash != std::string_view::npos;
       slash = directory.find('/', slash + 1)) {
    path_.assign(directory.substr(0, slash));
    if (!parse_locked(path_, &entry.directives)) zend_bailout();
  }
  entry.root_length = root_length;
  entry.read_at = now;
  entry.read = true;
}

void UserIni::activate(const exec::Job& job) noexcept {
  if (php_ini_has_per_host_config()) apply_section(job.view(job.origin.host));
  const bool has_files = PG(user_ini_filename) != nullptr && *PG(user_ini_filename) != '\0';
  if (!php_ini_has_per_dir_config() && !has_files) return;
  const std::string_view script = job.view(job.script_filename);
  const std::string_view directory = script.substr(0, script.rfind('/') + 1);
  apply_path_sections(directory);
  if (!has_files) return;
  Directory& entry = find(directory);
  const auto now = static_cast<std::time_t>(sapi_get_request_time());
  const bool is_whole_tree = job.view(job.document_root) == "/";
  const std::size_t root_length = is_whole_tree ? 0 : job.document_root.length;
  const bool fresh = entry.read && entry.root_length == root_length &&
                     now - entry.read_at <= PG(user_ini_cache_ttl);
  if (!fresh) read_files(entry, directory, root_length, now);
  apply(&entry.directives, PHP_INI_PERDIR, PHP_INI_STAGE_HTACCESS);
}

}  // namespace tusk::php::sapi
