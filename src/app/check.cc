#include "app/check.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <unistd.h>

#include "admin/access_token.h"
#include "app/captured_stderr.h"
#include "app/certificates.h"
#include "app/engine/engine.h"
#include "app/engine/extension_review.h"
#include "app/php_review.h"
#include "app/preload/preload_command.h"
#include "app/preload_trial.h"
#include "app/resource_limits.h"
#include "base/permission.h"
#include "base/process/user_change.h"
#include "base/process_user.h"
#include "config/output/description.h"
#include "config/output/help.h"
#include "config/output/pool_description.h"
#include "observe/log.h"

namespace tusk::app {

namespace {

constexpr int kRight = 0;
constexpr int kFails = 1;
constexpr int kWrong = 2;

using Lines = std::vector<std::string>;

void say(const std::string& line) { std::fprintf(stderr, "tusk: %s\n", line.c_str()); }

std::string extensions_text(const php::Facts& facts) {
  std::string names;
  for (const std::string& name : facts.extensions) names += (names.empty() ? "" : " ") + name;
  return "extensions: " + names + "\n";
}

std::string user_line(const base::process::UserAndGroup& user) {
  std::string text = "files were checked as user " + base::process_user();
  if (!base::process::may_change_user(user)) {
    text += ", and not as user " + user.user + ", which only root can become";
  } else if (::geteuid() == 0 && user.user.empty()) {
    text += "; to check as the service's user: runuser -u USER -- tusk check ...";
  }
  return text + "\n";
}

class Check {
 public:
  Check(const config::Loaded& loaded, const plan::Plan& plan)
      : loaded_(loaded), plan_(plan), warnings_(loaded.warnings) {}

  int run(bool strict) {
    observe::init({.level = observe::Level::kWarn});
    const bool usable =
        check_limits() && check_token() && check_certificates() && become_user() && start_php();
    // The mistakes that are refused below are not warned of as well.
    if (!ini_errors_.empty())
      std::erase_if(warnings_, [](const std::string& warning) {
        return warning.starts_with("php.ini: syntax error");
      });
    for (const std::string& warning : warnings_) say("warning: " + warning);
    if (!usable) {
      say(failure_);
      return kFails;
    }
    for (const std::string& error : ini_errors_) say(error);
    if (!ini_errors_.empty()) return kWrong;
    const std::string count =
        std::to_string(warnings_.size()) + (warnings_.size() == 1 ? " warning" : " warnings");
    if (strict && !warnings_.empty()) {
      say("not ok: " + count + ", and --strict makes them errors");
      return kWrong;
    }
    const std::string verdict =
        warnings_.empty() ? "configuration ok" : "configuration ok, " + count;
    const std::string text = verdict + "\n" + config::output::summary(loaded_.settings) + "\n" +
                             config::output::pool_summary(loaded_.settings) + text_;
    std::fputs(text.c_str(), stdout);
    return kRight;
  }

 private:
  bool fail(const base::Error& error) {
    failure_ = error.message;
    return false;
  }

  bool check_limits() {
    const auto limits = check_resource_limits(plan_);
    if (!limits) return fail(limits.error());
    warnings_.insert(warnings_.end(), limits->begin(), limits->end());
    return true;
  }

  bool check_token() {
    const auto token = admin::AccessToken::read(plan_.process.internal_token_file);
    return token ? true : fail(token.error());
  }

  bool check_certificates() {
    const auto store = open_certificates(plan_, warnings_);
    return store ? true : fail(store.error());
  }

  // A server process changes at this point, too. A user who may not change checks what it can.
  bool become_user() {
    const base::process::UserAndGroup& user = plan_.process.user;
    if (!base::process::may_change_user(user)) return true;
    const base::Result<void> changed = base::process::change_user(user);
    return changed ? true : fail({"user: cannot " + changed.error().message});
  }

  bool start_php() {
    if (!plan_.process.php) return true;
    // Before this process has a PHP: the script runs in another one.
    const PreloadTrial preload = try_preload(plan_.process);
    CapturedStderr captured;
    const auto [engine, facts] =
        start_engine(plan_.process, StartMessages::kStderr, Preload::kSkip);
    observe::flush();
    const Lines said = php_complaints(loaded_, facts, captured.end());
    warnings_.insert(warnings_.end(), said.begin(), said.end());
    if (!engine) return fail(engine.error());
    const auto others = try_other_hosts(plan_.process);
    if (!others) return fail(others.error());
    if (!check_preload(preload, php_complaints(loaded_, facts, preload.messages))) return false;
    // A start goes on without the rest of the file, a reload refuses it.
    ini_errors_ = php_ini_errors(facts);
    for (std::string& finding : php_warnings(loaded_, facts)) {
      if (!is_said_of_same(said, finding)) warnings_.push_back(std::move(finding));
    }
    if (plan_.process.has_threads()) {
      for (std::string& line : unsafe_under_threads(facts.extensions))
        warnings_.push_back(std::move(line));
    }
    text_ += (*engine)->description() + "\n" + extensions_text(facts) +
             user_line(plan_.process.user) + php_ini_text(facts) + preload::preload_line(plan_);
    for (const std::string& line : *others) text_ += line + "\n";
    return true;
  }

  // PHP starts without the script. `said`: with it.
  bool check_preload(const PreloadTrial& preload, const Lines& said) {
    for (const std::string& line : said) {
      const bool is_of_script = std::ranges::find(warnings_, line) == warnings_.end();
      // The failure says the same.
      if (is_of_script && preload.failure.empty()) warnings_.push_back(line);
    }
    if (!preload.failure.empty()) return fail({preload.failure});
    if (!preload.script.empty()) {
      text_ += "opcache.preload: " + preload.script + " was run as a start does it, by user " +
               (preload.user.empty() ? base::process_user() : preload.user) + "\n";
    }
    return true;
  }

  const config::Loaded& loaded_;
  const plan::Plan& plan_;
  Lines warnings_;
  std::string failure_;
  Lines ini_errors_;
  std::string text_;  // for stdout, after the verdict
};

}  // namespace

int check(const config::Loaded& loaded, const plan::Plan& plan, bool strict) {
  return Check(loaded, plan).run(strict);
}

}  // namespace tusk::app
