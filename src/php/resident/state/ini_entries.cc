#include "php/resident/state/ini_entries.h"

#include <string_view>

namespace tusk::php::resident::state {

namespace {

bool same(const zend_string* left, const zend_string* right) {
  if (left == right) return true;
  return left != nullptr && right != nullptr && zend_string_equals(left, right);
}

// OPcache compares a file's time again when more than opcache.revalidate_freq seconds of *requests*
// have passed (ZCG(request_time) in ext/opcache/ZendAccelerator.c). For it a resident script is one
// request, so a template that was compiled anew would never be seen: it looks each time instead.
void revalidate_included_files() {
  if (zend_ini_long(ZEND_STRL("opcache.validate_timestamps"), 0) == 0 ||
      zend_ini_long(ZEND_STRL("opcache.revalidate_freq"), 0) == 0) {
    return;
  }
  zend_string* const name = zend_string_init(ZEND_STRL("opcache.revalidate_freq"), false);
  zend_alter_ini_entry_chars(name, "0", 1, ZEND_INI_SYSTEM, ZEND_INI_STAGE_RUNTIME);
  zend_string_release(name);
}

// kStage: entries restored at a request's end accept any value, start no timer and print no
// warning.
constexpr int kStage = ZEND_INI_STAGE_DEACTIVATE;

constexpr std::string_view kTimeLimit = "max_execution_time";
constexpr std::string_view kErrorReporting = "error_reporting";

zend_ini_entry* entry_of(std::string_view name) {
  return static_cast<zend_ini_entry*>(
      zend_hash_str_find_ptr(EG(ini_directives), name.data(), name.size()));
}

// The level without what "@" has lowered, as OnUpdateErrorReporting() in main/main.c sets it.
int ini_level() {
  const zend_ini_entry* const level = entry_of(kErrorReporting);
  if (level->value == nullptr || ZSTR_LEN(level->value) == 0) return E_ALL;
  return static_cast<int>(zend_ini_long(kErrorReporting.data(), kErrorReporting.size(), 0));
}

void set(zend_ini_entry& entry, zend_string* value) {
  if (value == nullptr) {
    zend_restore_ini_entry(entry.name, kStage);
  } else {
    constexpr bool kForced = true;
    zend_alter_ini_entry_ex(entry.name, value, ZEND_INI_SYSTEM, kStage, kForced);
  }
}

}  // namespace

void IniEntries::take() {
  error_reporting_ = EG(error_reporting);
  remember();
}

void IniEntries::remember() {
  revalidate_included_files();
  boot_.clear();
  if (EG(modified_ini_directives) == nullptr) return;
  void* element = nullptr;
  ZEND_HASH_MAP_FOREACH_PTR(EG(modified_ini_directives), element) {
    auto* const entry = static_cast<zend_ini_entry*>(element);
    boot_.push_back({entry, entry->value != nullptr ? zend_string_copy(entry->value) : nullptr});
  }
  ZEND_HASH_FOREACH_END();
}

void IniEntries::renew() {
  put_back_time_limit();
  if (has_other_level()) error_reporting_ = ini_level();
  forget();
  remember();
}

// The request has set error_reporting.
bool IniEntries::has_other_level() const {
  const zend_ini_entry* const level = entry_of(kErrorReporting);
  if (level == nullptr) return false;
  const Entry* const boot = find(level);
  if (boot != nullptr) return !same(boot->value, level->value);
  return level->modified != 0 && !same(level->orig_value, level->value);
}

// A request's is its own: the handler has changed it by set_time_limit().
void IniEntries::put_back_time_limit() const {
  zend_ini_entry* const limit = entry_of(kTimeLimit);
  if (limit == nullptr || limit->modified == 0) return;
  const Entry* const boot = find(limit);
  if (boot == nullptr) {
    zend_restore_ini_entry(limit->name, kStage);
  } else if (!same(limit->value, boot->value)) {
    set(*limit, boot->value);
  }
}

bool IniEntries::unchanged() const {
  const HashTable* const modified = EG(modified_ini_directives);
  const std::size_t count = modified != nullptr ? zend_hash_num_elements(modified) : 0;
  if (count != boot_.size()) return false;
  if (count == 0) return true;
  auto at = boot_.begin();
  void* element = nullptr;
  ZEND_HASH_MAP_FOREACH_PTR(compatibility::to_visit(modified), element) {
    const auto* const entry = static_cast<const zend_ini_entry*>(element);
    if (entry != at->entry || !same(entry->value, at->value)) return false;
    ++at;
  }
  ZEND_HASH_FOREACH_END();
  return true;
}

const IniEntries::Entry* IniEntries::find(const zend_ini_entry* entry) const {
  for (const Entry& each : boot_) {
    if (each.entry == entry) return &each;
  }
  return nullptr;
}

void IniEntries::put_back() {
  if (!unchanged()) {
    if (EG(modified_ini_directives) != nullptr) {
      void* element = nullptr;
      // Backwards, because elements are deleted.
      ZEND_HASH_MAP_REVERSE_FOREACH_PTR(EG(modified_ini_directives), element) {
        auto* const entry = static_cast<zend_ini_entry*>(element);
        if (find(entry) == nullptr) zend_restore_ini_entry(entry->name, kStage);
      }
      ZEND_HASH_FOREACH_END();
    }
    for (const Entry& each : boot_) {
      if (each.entry->modified == 0 || !same(each.entry->value, each.value)) {
        set(*each.entry, each.value);
      }
    }
  }
  // "@" lowers it for a moment, and a handler that was left in between has not raised it again.
  EG(error_reporting) = error_reporting_;
}

void IniEntries::forget() {
  for (const Entry& each : boot_) {
    if (each.value != nullptr) zend_string_release(each.value);
  }
  boot_.clear();
}

}  // namespace tusk::php::resident::state
