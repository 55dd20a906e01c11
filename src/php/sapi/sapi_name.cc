#include "php/sapi/sapi_name.h"

#include <string>

#include "php/zend.h"

namespace tusk::php::sapi {

namespace {

// PHP keeps a pointer to its text.
std::string& chosen_name() {
  static std::string name;
  return name;
}

zend_result (*callback_before)() = nullptr;

// Runs before OPcache preloads in its part of start-up (accel_post_startup()), and before the
// constants of this thread become those of every thread (zend_post_startup()).
zend_result rename_sapi() noexcept {
  std::string& name = chosen_name();
  sapi_module.name = name.data();
  auto* const constant = static_cast<zend_constant*>(
      zend_hash_str_find_ptr(EG(zend_constants), ZEND_STRL("PHP_SAPI")));
  // The old value is an interned string: PHP frees it with all the others.
  ZVAL_STR(&constant->value, zend_string_init_interned(name.data(), name.size(), true));
  return callback_before != nullptr ? callback_before() : SUCCESS;
}

}  // namespace

void choose_sapi_name(const std::string& name) { chosen_name() = name; }

bool is_named_fastcgi() noexcept { return chosen_name().ends_with("-fcgi"); }

void rename_sapi_when_started() noexcept {
  callback_before = zend_post_startup_cb;
  zend_post_startup_cb = rename_sapi;
  // OPcache folds php_sapi_name() into the files of its file cache, which outlive this process and
  // may be shared with PHP's other programs.
  const std::string& name = chosen_name();
  zend_add_system_entropy("tusk", "sapi_name", name.data(), name.size());
}

}  // namespace tusk::php::sapi
