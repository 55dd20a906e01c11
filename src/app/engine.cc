#include "app/engine.h"

#include "exec/stub_executor.h"
#include "php/native_engine.h"

namespace tusk::app {

base::Result<std::unique_ptr<exec::Engine>> make_engine(const config::Settings& settings) {
  if (settings.executor == config::Executor::kStub) return std::make_unique<exec::StubEngine>();
  return php::NativeEngine::start(settings);
}

std::string php_ini_text() {
  const php::IniFiles files = php::Runtime::ini_files();
  std::string text = "php.ini: " + (files.loaded.empty() ? "none" : files.loaded) + "\n";
  for (const std::string& file : files.scanned) text += "also read: " + file + "\n";
  return text;
}

std::string php_version_text() { return "PHP " + php::Runtime::version() + " ZTS"; }

}  // namespace tusk::app
