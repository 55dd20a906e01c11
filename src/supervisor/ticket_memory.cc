#include "supervisor/ticket_memory.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace tusk::supervisor {

namespace {

constexpr off_t kBytes = 4096;

}  // namespace

base::Result<base::UniqueFd> make_ticket_memory() {
  base::UniqueFd memory(::memfd_create("tusk-ticket-keys", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  // A process that shrank it would end all others by SIGBUS.
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (!memory || ::ftruncate(memory.get(), kBytes) != 0 ||
      ::fcntl(memory.get(), F_ADD_SEALS, kSeals) != 0) {
    return base::fail_errno("cannot make the memory of TLS ticket keys", errno);
  }
  return memory;
}

}  // namespace tusk::supervisor
