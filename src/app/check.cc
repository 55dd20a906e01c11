#include "app/check.h"

#include <cstdio>
#include <string>

#include "app/engine.h"
#include "app/resource_limits.h"
#include "app/tls.h"
#include "observe/log.h"

namespace tusk::app {

bool check_limits(const config::Settings& settings) {
  observe::init({.level = observe::Level::kWarn});
  const auto limits = check_resource_limits(settings);
  if (!limits) observe::error(limits.error().message);
  if (limits) {
    for (const std::string& warning : *limits) observe::warn(warning);
  }
  observe::flush();
  return limits.has_value();
}

bool check_tls(const config::Settings& settings) {
  observe::init({.level = observe::Level::kWarn});
  const base::Result<std::unique_ptr<net::TlsStore>> store = open_tls(settings);
  if (!store) observe::error(store.error().message);
  observe::flush();
  return store.has_value();
}

int check_php(config::Settings settings, const std::string& verdict) {
  std::string text = verdict;
  bool starts = true;
  if (settings.executor != config::Executor::kStub) {
    observe::init({.level = observe::Level::kWarn});
    // Nothing of the application is to run.
    settings.php.push_back({.name = "opcache.preload", .value = ""});
    const base::Result<std::unique_ptr<exec::Engine>> engine = make_engine(settings);
    starts = engine.has_value();
    if (engine) text += (*engine)->description() + "\n" + php_ini_text();
    if (!engine) observe::error(engine.error().message);
    observe::flush();
  }
  if (starts) std::fputs(text.c_str(), stdout);
  return starts ? 0 : 1;
}

}  // namespace tusk::app
