// The certificates that listeners present, opened from the files that the plan names.
//
// Thread: main.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/plan/plan.h"
#include "base/result.h"
#include "tls/store.h"

namespace tusk::app {

// Null: no listener speaks TLS. Adds a line to `warnings` for everything odd in the files. An error
// begins with the option that names the file. `shared_keys` is null where no other process has the
// same ticket keys.
base::Result<std::unique_ptr<tls::CertificateStore>> open_certificates(
    const plan::Plan& plan, std::vector<std::string>& warnings,
    std::unique_ptr<tls::SharedTicketKeys> shared_keys = nullptr);

// Whether this process can read the files again when they have changed. If not, because root has
// opened them for it, the log says so.
bool can_watch_certificates(const tls::Settings& settings);

}  // namespace tusk::app
