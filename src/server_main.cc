// The program tusk-server: reads the command line, then prints or serves.

#include <cerrno>
#include <cstdio>
#include <ranges>
#include <string_view>
#include <utility>

#include "app/check.h"
#include "app/cli.h"
#include "app/engine/embedded_php.h"
#include "app/engine/engine.h"
#include "app/preload/preload_command.h"
#include "app/process.h"
#include "app/route_command.h"
#include "app/start_signals.h"
#include "app/supervision.h"
#include "base/process/user_change.h"

namespace {

// Files are looked at with the rights of the server processes, where this process may take them.
// False, with a message: the change has failed, perhaps halfway.
bool become_user(const tusk::app::plan::Plan& plan) {
  if (!tusk::base::process::may_change_user(plan.process.user)) return true;
  const auto changed = tusk::base::process::change_user(plan.process.user);
  if (!changed) std::fprintf(stderr, "tusk: user: cannot %s\n", changed.error().message.c_str());
  return changed.has_value();
}

}  // namespace

int main(int argc, char** argv) {
  using namespace tusk::app;
  keep_signals_as_init();
  // Messages of syslog() begin with it: people start tusk, whichever program serves.
  static char name[] = "tusk";
  program_invocation_short_name = name;
  // Before the command line is read: there, the variable would be an unknown one of the user's.
  Supervision supervision = Supervision::from_environment();
  Invocation invocation = invocation_of(
      argc, argv, [] { return "tusk " TUSK_VERSION " (" + php_version_text() + ")"; });
  invocation.machine.has_embedded_php = has_embedded_php();
  const ParsedCommandLine parsed = parse_command_line(invocation);
  std::fputs(parsed.err.c_str(), stderr);
  if (parsed.action != Action::kServe) {
    for (const auto line : std::views::split(std::string_view(parsed.err), '\n'))
      supervision.tell_reason(std::string_view(line));
    release_signals();
  }
  std::fputs(parsed.out.c_str(), stdout);
  switch (parsed.action) {
    case Action::kPrint:
      break;
    case Action::kCheck:
      return check(parsed.loaded, parsed.plan, parsed.strict);
    case Action::kRoute:
      if (!become_user(parsed.plan)) return 1;
      return explain_route(parsed.loaded, parsed.plan, parsed.words);
    case Action::kPreload:
      if (!become_user(parsed.plan)) return 1;
      return preload::preload_command(
          parsed.plan, parsed.words,
          parsed.as_json ? preload::ListForm::kJson : preload::ListForm::kText);
    case Action::kServe:
      return run({parsed.sources, parsed.loaded, parsed.plan}, std::move(supervision));
  }
  return parsed.exit_status;
}
