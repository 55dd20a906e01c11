// The section of tusk in phpinfo(): version and limits in effect. What may be secret is not in it:
// nothing of the environment, of TLS, of listening addresses or of -d.
//
// Thread: prepared by main before workers start, printed by any worker.
#pragma once

#include "config/settings.h"
#include "php/zend.h"

namespace tusk::php::sapi {

void prepare_info(const config::Settings& settings);

// zend_module_entry::info_func. May leave by longjmp, as any output.
void print_info(zend_module_entry* module) noexcept;

}  // namespace tusk::php::sapi
