// The program tusk-php-host: starts PHP, and forks the workers of a pool. The server starts it.

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <utility>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exec/process/host_protocol.h"
#include "host/facts_report.h"
#include "host/hello.h"
#include "host/host.h"
#include "host/settings/host_facts.h"

namespace {

using tusk::exec::process::kHostSocket;

bool is_started_by_server() {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(kHostSocket, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
         type == SOCK_SEQPACKET;
}

// Scripts run on the main thread's stack. The kernel leaves room for it when a program starts, as
// much as the limit was: after a change the program starts again.
void make_room_for_stack(char** argv) {
  constexpr std::uint64_t kUnchecked = std::uint64_t{1} << 20;  // below what PHP counts
  const std::uint64_t wanted = tusk::host::peek_stack_bytes(kHostSocket);
  rlimit limit{};
  if (wanted == 0 || ::getrlimit(RLIMIT_STACK, &limit) != 0) return;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = std::min<rlim_t>(wanted + kUnchecked, limit.rlim_max);
  if (before >= limit.rlim_cur || ::setrlimit(RLIMIT_STACK, &limit) != 0) return;
  ::execv("/proc/self/exe", argv);
}

}  // namespace

int main(int argc, char** argv) {
  // Messages of syslog() begin with it.
  static char name[] = "tusk";
  program_invocation_short_name = name;
  // PHP's end takes time, and its memory goes with the process.
  if (argc == 2 && std::strcmp(argv[1], tusk::host::kFactsCommand) == 0)
    ::_exit(tusk::host::report_facts());
  if (!is_started_by_server()) {
    std::fputs("tusk-php-host is started by tusk-server, not by hand\n", stderr);
    return 2;
  }
  make_room_for_stack(argv);
  ::prctl(PR_SET_NAME, "tusk-php-host");
  tusk::base::Result<tusk::host::Host> host =
      tusk::host::Host::start(tusk::base::UniqueFd(kHostSocket));
  if (!host) return 1;
  // PHP's memory goes with the process.
  ::_exit(host->run());
}
