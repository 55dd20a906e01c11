#include "app/check.h"

#include <cstdio>
#include <string>

#include "app/engine.h"
#include "app/tls.h"
#include "observe/log.h"

namespace tusk::app {

bool check_tls(const config::Settings& settings) {
  observe::init({.level = observe::Level::kWarn});
  const base::Result<std::unique_ptr<net::TlsStore>> store = open_tls(settings);
  if (!store) observe::error(store.error().message);
  observe::flush();
  return store.has_value();
}

int check_php(config::Settings settings) {
  if (settings.executor == config::Executor::kStub) return 0;
  observe::init({.level = observe::Level::kWarn});
  // Nothing of the application is to run.
  settings.php.push_back({.name = "opcache.preload", .value = ""});
  const base::Result<std::unique_ptr<exec::Engine>> engine = make_engine(settings);
  if (!engine) observe::error(engine.error().message);
  if (engine) {
    const std::string text = (*engine)->description() + "\n" + php_ini_text();
    std::fputs(text.c_str(), stdout);
  }
  observe::flush();
  return engine ? 0 : 1;
}

}  // namespace tusk::app
