// The memory of the keys that encrypt TLS session tickets. All server processes have the same, so
// that a client can resume a session in another process, and after a reload or a crash.
//
// Thread: the supervisor's only one.
#pragma once

#include "base/result.h"
#include "base/unique_fd.h"

namespace tusk::supervisor {

// The variable that names the memory: a descriptor's number.
inline constexpr const char* kTicketKeysVariable = "TUSK_TICKET_KEYS_FD";

// A memfd of fixed size, filled with zeros. The server processes put keys into it
// (tls/shared_ticket_keys.h); the supervisor never looks at them.
base::Result<base::UniqueFd> make_ticket_memory();

}  // namespace tusk::supervisor
