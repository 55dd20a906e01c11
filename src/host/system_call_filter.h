// The filter of system calls (seccomp(2)) of a PHP host, its workers, and the programs that scripts
// start.
//
// Thread: the host's only one.
#pragma once

#include "base/process/seccomp.h"
#include "base/result.h"

namespace tusk::host {

// Installs it for good. A call that it denies fails with EPERM. The process and its children cannot
// gain privileges by execve() from then on (no_new_privs).
base::Result<void> filter_system_calls(base::process::Seccomp filter);

}  // namespace tusk::host
