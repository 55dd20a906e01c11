#include "php/native_engine.h"

#include "php/request_run.h"

namespace tusk::php {

namespace {

class NativeExecutor final : public exec::Executor {
 public:
  explicit NativeExecutor(Runtime& runtime) : thread_(runtime) {}

  exec::Outcome run(const exec::Job& job, exec::Reply& reply) noexcept override {
    context_.begin(job, reply);
    return run_request(thread_, context_) == RunOutcome::ok ? exec::Outcome::healthy
                                                            : exec::Outcome::broken;
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
  return "PHP " + Runtime::version() + " ZTS, OPcache " +
         (runtime_->opcache_enabled() ? "on" : "off");
}

exec::CodeCacheState NativeEngine::code_cache() const { return runtime_->code_cache(); }

base::Result<std::unique_ptr<exec::Executor>> NativeEngine::make_executor(int /*worker*/) {
  return std::make_unique<NativeExecutor>(*runtime_);
}

}  // namespace tusk::php
