#include "php/sapi/session_release.h"

#include "php/zend.h"

namespace tusk::php::sapi {

namespace {

// The module whose open session PS(mod_data) is. PS(default_mod) says so only until PHP restores
// the ini.
thread_local const ps_module* session_owner = nullptr;

thread_local bool lock_missed = false;

}  // namespace

void unblock_session_close() noexcept {
  PS(in_save_handler) = false;
  session_owner = PS(mod_user_is_open) ? PS(default_mod) : nullptr;
}

// PHP's header declares it outside extern "C".
extern "C" zend_result session_flush(int write) __asm__("php_session_flush");

void write_and_close_session() { session_flush(1); }

void session_lock_missed() noexcept { lock_missed = true; }

void drop_unlocked_session() noexcept {
  if (!lock_missed) return;
  lock_missed = false;
  if (PS(session_status) != php_session_active) return;
  PS(session_status) = php_session_none;  // so that nothing is written
  zend_try { PS(mod)->s_close(&PS(mod_data)); }
  zend_end_try();
}

void close_forgotten_session() noexcept {
  const ps_module* const owner = session_owner;
  session_owner = nullptr;
  if (owner == nullptr || !PS(mod_user_is_open) || PS(mod_data) == nullptr) return;
  PS(mod_user_is_open) = false;
  zend_try { owner->s_close(&PS(mod_data)); }
  zend_end_try();
}

}  // namespace tusk::php::sapi
