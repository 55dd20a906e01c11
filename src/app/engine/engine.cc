#include "app/engine/engine.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "app/engine/embedded_php.h"
#include "exec/process/host_engine.h"
#include "exec/stub_executor.h"

namespace tusk::app {

namespace {

// An embedded PHP runs its preload script in this process, where the script's code stays.
PhpStart start_embedded(php::Settings settings, Preload preload) {
  if (preload == Preload::kSkip) {
    settings.directives.push_back({.name = "opcache.preload", .value = ""});
    settings.preload = {};
  }
  PhpStart start{.engine = start_embedded_php(settings), .facts = {}};
  start.facts = embedded_php_facts(settings, start.engine ? start.engine->get() : nullptr);
  return start;
}

// PHP starts in a host of each pool later.
PhpStart start_in_host(const std::string& program, const php::Settings& settings,
                       StartMessages messages, Preload preload) {
  base::Result<host::HostFacts> answer = ask_php_host(program, settings, messages, preload);
  if (!answer) return {.engine = std::unexpected(answer.error()), .facts = {}};
  if (!answer->failure.empty())
    return {.engine = base::fail(answer->failure), .facts = std::move(answer->php)};
  php::Facts& facts = answer->php;
  const bool executes = settings.method == php::Method::kExecute;
  auto engine = std::make_unique<exec::process::HostEngine>(
      exec::process::HostEngine::Php{.executor = executes ? "ext" : "php",
                                     .version = facts.version,
                                     .description = facts.description,
                                     .start_files = facts.start_files});
  return {.engine = std::move(engine), .facts = std::move(facts)};
}

PhpStart start(const plan::ProcessPlan& plan, const php::Settings& settings, StartMessages messages,
               Preload preload) {
  if (plan.has_threads()) return start_embedded(settings, preload);
  return start_in_host(plan.pools.front().php_host, settings, messages, preload);
}

}  // namespace

PhpStart start_engine(const plan::ProcessPlan& plan, StartMessages messages, Preload preload) {
  if (!plan.php) return {.engine = std::make_unique<exec::StubEngine>(), .facts = {}};
  return start(plan, *plan.php, messages, preload);
}

base::Result<std::vector<std::string>> try_other_hosts(const plan::ProcessPlan& plan) {
  std::vector<std::string> lines;
  if (!plan.php) return lines;
  std::vector<std::string> known;
  if (!plan.has_threads()) known.push_back(plan.pools.front().php_host);
  for (const plan::PoolPlan& pool : plan.pools) {
    if (pool.php_host.empty() || std::ranges::find(known, pool.php_host) != known.end()) continue;
    known.push_back(pool.php_host);
    const std::string name = "pool " + pool.scripts.pool + ": ";
    const PhpStart start =
        start_in_host(pool.php_host, *plan.php, StartMessages::kStderr, Preload::kSkip);
    if (!start.engine) return base::fail(name + start.engine.error().message);
    lines.push_back(name + (*start.engine)->description());
  }
  return lines;
}

PhpStart start_engine_to_serve(const plan::ProcessPlan& plan) {
  if (plan.has_threads()) return start_engine(plan, StartMessages::kStderr, Preload::kRun);
  // A host of each pool runs the script later, and writes the messages of its own start.
  PhpStart start = start_engine(plan, StartMessages::kNowhere, Preload::kSkip);
  // But none follows a start that fails, and the messages say why.
  if (!start.engine) return start_engine(plan, StartMessages::kStderr, Preload::kSkip);
  return start;
}

void set_directives_for_root(plan::ProcessPlan& plan, const files::CurrentRoot& root) {
  constexpr std::string_view kName = "opcache.revalidate_path";
  if (!plan.php || !root.follows_link()) return;
  std::vector<config::PhpDirective>& directives = plan.php->directives;
  if (std::ranges::find(directives, kName, &config::PhpDirective::name) != directives.end()) return;
  directives.push_back({.name = std::string(kName), .value = "1"});
}

std::string php_ini_text(const php::Facts& facts) {
  const php::IniFiles& files = facts.ini;
  std::string text = "php.ini: " + (files.loaded.empty() ? "none" : files.loaded) + "\n";
  const auto folder_of = [](std::string_view path) { return path.substr(0, path.rfind('/') + 1); };
  for (auto file = files.scanned.begin(); file != files.scanned.end();) {
    const std::string_view folder = folder_of(*file);
    const auto next = std::find_if(file, files.scanned.end(), [&](std::string_view path) {
      return folder_of(path) != folder;
    });
    const auto count = std::distance(file, next);
    text += "also read: ";
    text +=
        count == 1 ? *file : std::string(folder) + "*.ini (" + std::to_string(count) + " files)";
    text += '\n';
    file = next;
  }
  return text;
}

std::vector<std::string> php_ini_errors(const php::Facts& facts) {
  std::vector<std::string> errors = facts.ini_errors;
  for (std::string& error : errors) error += ": PHP ignores the rest of the file";
  return errors;
}

std::string php_version_text() {
  if (has_embedded_php()) return embedded_php_name();
  const base::Result<host::HostFacts> answer =
      ask_php_host(plan::default_php_host(), {}, StartMessages::kNowhere);
  return answer && !answer->php.name.empty() ? answer->php.name : "no PHP found";
}

}  // namespace tusk::app
