#include "php/native_engine.h"

#include "php/request_run.h"

namespace tusk::php {

namespace {

class NativeExecutor final : public exec::Executor {
 public:
  exec::Outcome run(const exec::Job& job, exec::Reply& reply) noexcept override {
    context_.begin(job, reply);
    return run_request(context_) == RunOutcome::ok ? exec::Outcome::healthy : exec::Outcome::broken;
  }

 private:
  PhpThread thread_;
  RequestContext context_;
};

}  // namespace

base::Result<std::unique_ptr<NativeEngine>> NativeEngine::start(const config::Settings& settings) {
  base::Result<std::unique_ptr<Runtime>> runtime =
      Runtime::start(settings, static_cast<int>(settings.php_workers));
  if (!runtime) return std::unexpected(runtime.error());
  return std::unique_ptr<NativeEngine>(new NativeEngine(std::move(*runtime)));
}

std::string NativeEngine::description() const {
  const IniFiles files = Runtime::ini_files();
  std::string text = "PHP " + Runtime::version() + " ZTS, OPcache ";
  text += runtime_->opcache_enabled() ? "on" : "off";
  text += files.loaded.empty() ? ", no php.ini" : ", " + files.loaded;
  if (!files.scanned.empty()) text += " and " + std::to_string(files.scanned.size()) + " scanned";
  return text;
}

base::Result<std::unique_ptr<exec::Executor>> NativeEngine::make_executor(int /*worker*/) {
  return std::make_unique<NativeExecutor>();
}

}  // namespace tusk::php
