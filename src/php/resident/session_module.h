// SessionModule: ext/session at the borders of a resident script's requests.
//
// Owner: a ScriptLoop. Thread: the worker.
#pragma once

#include "php/zend.h"

namespace tusk::php::resident {

// The module ends with every request, as at the end of a script: the session is written and closed,
// and $_SESSION is gone. Only the save handlers that the script has set at its boot stay, to which
// its first requests may belong; those that another request has set go.
class SessionModule {
 public:
  // The script has booted. Bailouts do not leave it.
  void end_boot() noexcept;
  // Starts the module, and a session if session.auto_start says so. PHP may leave it by longjmp.
  static void begin_request();
  void end_request() noexcept;
  // The same, but the request belongs to the boot.
  void end_boot_request() noexcept;
  // The script ends: php_request_shutdown() follows.
  void forget() noexcept;

 private:
  static constexpr int kHandlers = sizeof(PS(mod_user_names)) / sizeof(zval);

  void take() noexcept;

  zval handlers_[kHandlers]{};  // the boot's
  zend_string* handler_class_ = nullptr;
};

}  // namespace tusk::php::resident
