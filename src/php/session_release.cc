#include "php/session_release.h"

#include "php/zend.h"

namespace tusk::php {

namespace {

// Whose open session PS(mod_data) is. PS(default_mod) says so only until PHP restores the ini.
thread_local const ps_module* session_owner = nullptr;

}  // namespace

void unblock_session_close() noexcept {
  PS(in_save_handler) = false;
  session_owner = PS(mod_user_is_open) ? PS(default_mod) : nullptr;
}

void close_forgotten_session() noexcept {
  const ps_module* const owner = session_owner;
  session_owner = nullptr;
  if (owner == nullptr || !PS(mod_user_is_open) || PS(mod_data) == nullptr) return;
  PS(mod_user_is_open) = false;
  zend_try { owner->s_close(&PS(mod_data)); }
  zend_end_try();
}

}  // namespace tusk::php
