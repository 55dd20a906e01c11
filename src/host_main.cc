// The program tusk-php-host: starts PHP, and forks the workers of a pool. The server starts it.

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/descriptor_limit.h"
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
// much as the limit was. Returns whether the limit has changed.
bool raise_stack_limit() {
  constexpr std::uint64_t kUnchecked = std::uint64_t{1} << 20;  // below what PHP counts
  const std::uint64_t wanted = tusk::host::peek_stack_bytes(kHostSocket);
  rlimit limit{};
  if (wanted == 0 || ::getrlimit(RLIMIT_STACK, &limit) != 0) return false;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = std::min<rlim_t>(wanted + kUnchecked, limit.rlim_max);
  return before < limit.rlim_cur && ::setrlimit(RLIMIT_STACK, &limit) == 0;
}

// Functions of libraries are found when the libraries are loaded, not at their first call: what a
// worker finds then, all others would find again, and a rewound one after each request. The
// dynamic linker reads the variable when the program starts. Scripts do not see it.
constexpr const char* kBindNow = "LD_BIND_NOW";
constexpr const char* kOurs = "tusk";

bool ask_for_early_binding() {
  return std::getenv(kBindNow) == nullptr && ::setenv(kBindNow, kOurs, 1) == 0;
}

void prepare_program(char** argv) {
  const bool binds = ask_for_early_binding();
  if (raise_stack_limit() || binds) ::execv("/proc/self/exe", argv);
  const char* const value = std::getenv(kBindNow);
  if (value != nullptr && std::strcmp(value, kOurs) == 0) ::unsetenv(kBindNow);
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
  prepare_program(argv);
  tusk::base::raise_descriptor_limit();
  ::prctl(PR_SET_NAME, "tusk-php-host");
  tusk::base::Result<tusk::host::Host> host =
      tusk::host::Host::start(tusk::base::UniqueFd(kHostSocket));
  if (!host) return 1;
  // PHP's memory goes with the process.
  ::_exit(host->run());
}
