// The section of tusk in phpinfo(): version and limits in effect. Possible secrets are left out:
// the environment, TLS, listening addresses and -d.
//
// Thread: main prepares it before workers start, any worker prints it.
#pragma once

#include "php/settings.h"
#include "php/zend.h"

namespace tusk::php::sapi {

void prepare_info(const Settings& settings);

// zend_module_entry::info_func. May leave by longjmp, as any output may.
void print_info(zend_module_entry* module) noexcept;

}  // namespace tusk::php::sapi
