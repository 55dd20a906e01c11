#include "app/process.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <sys/prctl.h>
#include <sys/types.h>
#include <unistd.h>

#include "app/certificates.h"
#include "app/engine/engine.h"
#include "app/engine/extension_review.h"
#include "app/php_review.h"
#include "app/resource_limits.h"
#include "app/serving.h"
#include "app/sockets.h"
#include "app/start_signals.h"
#include "base/descriptor_limit.h"
#include "base/process/acting_user.h"
#include "base/process/standard_streams.h"
#include "base/process/user_change.h"
#include "net/readiness_notifier.h"
#include "observe/access/access_log.h"
#include "observe/crash/alternate_stack.h"
#include "observe/crash/crash_handler.h"
#include "observe/log.h"
#include "observe/log_file.h"
#include "observe/scoreboard/own_place.h"

namespace tusk::app {

namespace {

int failed(const base::Error& error, const Supervision& supervision) {
  supervision.tell_reason(error.message);
  observe::start_failed(error.message);
  return 1;
}

// While PHP starts it calls exit() for some mistakes, such as too little memory for OPcache, after
// it has written its message to stderr.
class StartOfPhp {
 public:
  explicit StartOfPhp(const Supervision& supervision) {
    supervision_ = &supervision;
    server_ = ::getpid();
    std::atexit(tell);
  }
  ~StartOfPhp() { supervision_ = nullptr; }
  StartOfPhp(const StartOfPhp&) = delete;
  StartOfPhp& operator=(const StartOfPhp&) = delete;

 private:
  static void tell() {
    // OPcache runs a preload script in a child process if preload_user is another user.
    if (supervision_ == nullptr || ::getpid() != server_) return;
    supervision_->tell_reason("PHP has ended the process at its start: its message is on stderr");
  }

  static inline constinit const Supervision* supervision_ =
      nullptr;  // null: PHP does not start now
  static inline constinit pid_t server_ = 0;
};

PhpStart start_engine(const plan::ProcessPlan& plan, const Supervision& supervision) {
  const StartOfPhp start(supervision);
  return start_engine_to_serve(plan);
}

// What worker processes wake. Null: all workers are threads.
base::Result<std::unique_ptr<exec::process::Loops>> loops_for(const plan::ProcessPlan& plan,
                                                              const Supervision& supervision) {
  if (!plan.has_processes()) return nullptr;
  base::Result<exec::process::Doorbells> doorbells = exec::process::Doorbells::create();
  if (!doorbells) return std::unexpected(doorbells.error());
  return std::make_unique<exec::process::Loops>(exec::process::Loops{
      .doorbells = std::move(*doorbells), .leader = supervision.on() ? ::getppid() : ::getpid()});
}

void warn_of(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) observe::warn(line);
}

// Room for all workers, for those that take the places of lost ones, and for a successor.
observe::Scoreboard::Size scoreboard_size(const plan::ProcessPlan& plan) {
  std::size_t lost = 0;
  for (const plan::PoolPlan& pool : plan.pools) lost += pool.workers.max_lost + 1;
  return {.workers = static_cast<std::uint32_t>(plan.workers() + lost),
          .loops = static_cast<std::uint32_t>(plan.io_threads)};
}

// Opens them with the rights by which they are opened again later.
base::Result<void> open_log_files(const plan::ProcessPlan& plan) {
  if (const auto may = base::process::may_change_user(plan.user); !may)
    return base::fail("user: " + may.error().message);
  const std::vector<std::string> files{plan.log_file, plan.access_log.file};
  observe::give_log_files(plan.user, files);
  const base::process::ActingUser acting(plan.user);
  return observe::open_files(plan.log_file, plan.access_log.file);
}

// What root may open, and the user that the process becomes may not.
struct Opened {
  std::unique_ptr<tls::CertificateStore> certificates;
  admin::AccessToken token;
  Sockets sockets;
};

base::Result<Opened> open_as_starter(const plan::Plan& plan, Supervision& supervision) {
  std::vector<std::string> tls_warnings;
  auto certificates = open_certificates(
      plan, tls_warnings, tls::SharedTicketKeys::open(supervision.take_ticket_keys()));
  warn_of(tls_warnings);
  if (!certificates) return std::unexpected(certificates.error());
  base::Result<admin::AccessToken> token =
      admin::AccessToken::read(plan.process.internal_token_file);
  if (!token) return std::unexpected(token.error());
  base::Result<Sockets> sockets = open_sockets(plan);
  if (!sockets) return std::unexpected(sockets.error());
  return Opened{std::move(*certificates), std::move(*token), std::move(*sockets)};
}

// Changes for good. The thread that writes the log changes with this one.
base::Result<void> become_user(const plan::ProcessPlan& plan) {
  const bool was_root = ::geteuid() == 0;
  if (was_root && !plan.user.user.empty()) leave_terminal();
  const base::Result<void> changed = base::process::change_user(plan.user, plan.kept_rights());
  if (!changed) return base::fail("user: cannot " + changed.error().message);
  if (!plan.user.user.empty()) observe::give_up_rights();
  // Worker processes of the same user must not look into this one, which has the keys.
  if (was_root && ::geteuid() != 0 && !plan.has_threads()) ::prctl(PR_SET_DUMPABLE, 0);
  const bool runs_scripts =
      plan.php && std::ranges::any_of(plan.pools, [](const plan::PoolPlan& pool) {
        return pool.php_host.empty() || pool.user.user.empty();
      });
  if (runs_scripts && plan.user.user.empty() && ::geteuid() == 0)
    observe::warn("scripts run as root: set user, such as user = \"www-data\"");
  return {};
}

}  // namespace

int run(const Configured& configured, Supervision supervision) {
  const config::Loaded& loaded = configured.loaded;
  plan::Plan plan = configured.plan;
  base::process::settle_standard_streams();
  const base::Result<void> files = open_log_files(plan.process);
  observe::init(plan.process.log);
  const observe::crash::AlternateStack alternate_stack;
  observe::crash::install_crash_handler();
  if (!files) return failed(files.error(), supervision);
  observe::init_access_log(plan.process.access_log);
  warn_of(loaded.warnings);
  ignore_signals();
  end_start_on_signals();
  base::raise_descriptor_limit();
  // Before PHP starts: it closes the descriptor.
  std::unique_ptr<observe::OwnPlace> place =
      observe::OwnPlace::take(supervision.take_place(), scoreboard_size(plan.process));
  const auto limits = check_resource_limits(plan);
  if (!limits) return failed(limits.error(), supervision);
  warn_of(*limits);

  base::Result<Opened> opened = open_as_starter(plan, supervision);
  if (!opened) return failed(opened.error(), supervision);
  const base::Result<void> changed = become_user(plan.process);
  if (!changed) return failed(changed.error(), supervision);
  base::Result<site::Site> site = plan::open_site(plan.site());
  if (!site) return failed(site.error(), supervision);
  set_directives_for_root(plan.process, site->root);
  // Before PHP looks at the environment.
  net::ReadinessNotifier notifier = net::ReadinessNotifier::from_environment();
  auto [engine, php] = start_engine(plan.process, supervision);
  if (!engine) return failed(engine.error(), supervision);
  const std::vector<std::string> ini_errors = php_ini_errors(php);
  if (!ini_errors.empty() && supervision.is_reload()) {
    return failed({.message = ini_errors.front()}, supervision);
  }
  warn_of(ini_errors);
  warn_of(php_warnings(loaded, php));
  if (plan.process.has_threads()) warn_of(unsafe_under_threads(php.extensions));

  base::Result<std::unique_ptr<exec::process::Loops>> process_loops =
      loops_for(plan.process, supervision);
  if (!process_loops) return failed(process_loops.error(), supervision);
  std::vector<std::string> start_files = (*engine)->start_files();
  if (const std::string& file = plan.process.internal_token_file; !file.empty())
    start_files.push_back(file);
  live::LiveConfiguration live(configured.sources, loaded, live::StartFiles(start_files));

  int status = 1;
  {
    Serving serving(plan, std::move(*engine), std::move(notifier), std::move(supervision),
                    std::move(place), std::move(opened->certificates), std::move(*process_loops),
                    php.validation,
                    {.token = std::move(opened->token), .configuration = std::move(live)});
    const base::Result<void> added = serving.add_loops();
    if (!added) return failed(added.error(), serving.supervision());
    status = serving.run(std::move(opened->sockets));
  }
  observe::flush();
  return status;
}

}  // namespace tusk::app
