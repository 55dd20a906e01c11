#include "php/module.h"

#include "php/info.h"
#include "php/session_release.h"

namespace tusk::php {

namespace {

// Runs before that of the extensions built into PHP: they end in reverse order of registration.
zend_result end_request(int /*type*/, int /*module_number*/) noexcept {
  unblock_session_close();
  return SUCCESS;
}

zend_module_entry make_module() {
  zend_module_entry module = {STANDARD_MODULE_HEADER,
                              "tusk",
                              nullptr,
                              nullptr,
                              nullptr,
                              nullptr,
                              end_request,
                              print_info,
                              TUSK_VERSION,
                              STANDARD_MODULE_PROPERTIES};
  return module;
}

}  // namespace

zend_module_entry& tusk_module() {
  static zend_module_entry module = make_module();
  return module;
}

}  // namespace tusk::php
