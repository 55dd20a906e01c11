#include "php/resident/session_module.h"

#include "php/extension.h"
#include "php/resident/state/release_text.h"
#include "php/sapi/session_release.h"

namespace tusk::php::resident {

namespace {

const zend_module_entry* module_entry() {
  static const zend_module_entry* const module = find_extension("session");
  return module;
}

// The struct has a zval for each handler and nothing else.
zval* current_handlers() { return reinterpret_cast<zval*>(&PS(mod_user_names)); }

}  // namespace

void SessionModule::end_boot() noexcept {
  take();
  end_request();
}

void SessionModule::end_boot_request() noexcept {
  forget();
  take();
  end_request();
}

void SessionModule::take() noexcept {
  for (int i = 0; i < kHandlers; ++i) ZVAL_COPY(&handlers_[i], &current_handlers()[i]);
  handler_class_ = PS(mod_user_class_name);
  if (handler_class_ != nullptr) zend_string_addref(handler_class_);
}

void SessionModule::begin_request() {
  if (const zend_module_entry* const module = module_entry())
    module->request_startup_func(module->type, module->module_number);
}

void SessionModule::end_request() noexcept {
  const zend_module_entry* const module = module_entry();
  if (module == nullptr) return;
  sapi::drop_unlocked_session();
  sapi::unblock_session_close();
  zend_try { module->request_shutdown_func(module->type, module->module_number); }
  zend_end_try();
  zend_try { zend_hash_str_del_ind(&EG(symbol_table), ZEND_STRL("_SESSION")); }
  zend_end_try();
  for (int i = 0; i < kHandlers; ++i) ZVAL_COPY(&current_handlers()[i], &handlers_[i]);
  if (handler_class_ != nullptr) PS(mod_user_class_name) = zend_string_copy(handler_class_);
}

void SessionModule::forget() noexcept {
  for (zval& handler : handlers_) {
    zval old;
    ZVAL_COPY_VALUE(&old, &handler);
    ZVAL_UNDEF(&handler);
    zval_ptr_dtor(&old);
  }
  state::release_text(handler_class_);
}

}  // namespace tusk::php::resident
