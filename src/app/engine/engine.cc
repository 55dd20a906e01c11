#include "app/engine/engine.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "app/engine/embedded_php.h"
#include "exec/process/host_engine.h"
#include "exec/stub_executor.h"

namespace tusk::app {

namespace {

// Of embedded PHP the script runs in the same process, where it stays.
PhpStart start_embedded(php::Settings settings, Preload preload) {
  if (preload == Preload::kSkip)
    settings.directives.push_back({.name = "opcache.preload", .value = ""});
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
  return plan.php_host.empty() ? start_embedded(settings, preload)
                               : start_in_host(plan.php_host, settings, messages, preload);
}

}  // namespace

PhpStart start_engine(const plan::ProcessPlan& plan, StartMessages messages, Preload preload) {
  if (!plan.php) return {.engine = std::make_unique<exec::StubEngine>(), .facts = {}};
  return start(plan, *plan.php, messages, preload);
}

PhpStart start_engine_for_root(const plan::ProcessPlan& plan, const files::CurrentRoot& root) {
  constexpr std::string_view kName = "opcache.revalidate_path";
  // Each host writes the messages of its own start.
  constexpr StartMessages kMessages = StartMessages::kNowhere;
  // A host of each pool runs the script later.
  const Preload preload = plan.php_host.empty() ? Preload::kRun : Preload::kSkip;
  if (!plan.php || !root.follows_link()) return start_engine(plan, kMessages, preload);
  php::Settings settings = *plan.php;
  if (std::ranges::find(settings.directives, kName, &config::PhpDirective::name) ==
      settings.directives.end()) {
    settings.directives.push_back({.name = std::string(kName), .value = "1"});
  }
  return start(plan, settings, kMessages, preload);
}

std::string php_ini_text(const php::Facts& facts) {
  const php::IniFiles& files = facts.ini;
  std::string text = "php.ini: " + (files.loaded.empty() ? "none" : files.loaded) + "\n";
  for (const std::string& file : files.scanned) text += "also read: " + file + "\n";
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
