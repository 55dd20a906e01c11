// How TLS is spoken, as tls/ takes it.
//
// Thread: main; a pure function.
#pragma once

#include "config/settings.h"
#include "tls/settings.h"

namespace tusk::app::plan {

tls::Settings tls_settings(const config::Settings& settings);

}  // namespace tusk::app::plan
