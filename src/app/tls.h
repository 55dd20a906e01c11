// TLS, as the settings want it.
//
// Thread: main.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/settings.h"
#include "site/https_policy.h"
#include "tls/store.h"

namespace tusk::app {

// Null: no address speaks TLS. `warnings` gets a line for whatever is odd in the files.
base::Result<std::unique_ptr<tls::CertificateStore>> open_tls(const config::Settings& settings,
                                                              std::vector<std::string>& warnings);

site::HttpsPolicy https_policy(const config::Settings& settings);

}  // namespace tusk::app
