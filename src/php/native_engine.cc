#include "php/native_engine.h"

#include "php/containment.h"
#include "php/crash_handler.h"
#include "php/request_run.h"

namespace tusk::php {

namespace {

class NativeExecutor final : public exec::Executor {
 public:
  NativeExecutor(Runtime& runtime, const TimeLimitSettings& limits, Method method)
      : thread_(runtime), limits_(limits), method_(method) {}

  exec::Outcome run(const exec::Job& job, exec::Reply& reply) noexcept override {
    context_.begin(job, reply);
    containment_.begin_request(job);
    const RunOutcome outcome = run_request(thread_, limits_, context_, method_);
    limits_.end_request();
    thread_.script().end_request();
    containment_.end_request();
    return outcome == RunOutcome::ok ? exec::Outcome::healthy : exec::Outcome::broken;
  }

  exec::Watched watch(const exec::Exchange& exchange, base::MonotonicTime now) noexcept override {
    if (containment_.state() == Containment::State::parked) {
      thread_.leave_for_ever();
      return exec::Watched::crashed;
    }
    return limits_.watch(exchange, now);
  }

  bool watch_lost() noexcept override {
    if (containment_.state() != Containment::State::parked) return false;
    thread_.leave_for_ever();
    return true;
  }

 private:
  PhpThread thread_;  // first: the limits refer to its globals
  TimeLimits limits_;
  const Method method_;
  RequestContext context_;
  Containment containment_;
};

}  // namespace

base::Result<std::unique_ptr<NativeEngine>> NativeEngine::start(const config::Settings& settings) {
  base::Result<std::unique_ptr<Runtime>> runtime =
      Runtime::start(settings, static_cast<int>(settings.php_workers));
  if (!runtime) return std::unexpected(runtime.error());
  TimeLimits::install();
  install_crash_handler();
  const bool evaluates = settings.executor == config::Executor::kPhp;
  const Method method = evaluates ? Method::evaluate : Method::execute;
  const TimeLimitSettings limits{settings.request_timeout, settings.sse_timeout};
  return std::unique_ptr<NativeEngine>(new NativeEngine(std::move(*runtime), limits, method));
}

std::string NativeEngine::description() const {
  const IniFiles files = Runtime::ini_files();
  std::string text = "PHP " + Runtime::version() + " ZTS, OPcache ";
  text += runtime_->opcache_enabled() ? "on" : "off";
  text += files.loaded.empty() ? ", no php.ini" : ", " + files.loaded;
  if (!files.scanned.empty()) text += " and " + std::to_string(files.scanned.size()) + " scanned";
  return text;
}

exec::CodeCacheState NativeEngine::code_cache() const { return runtime_->code_cache(); }

base::Result<std::unique_ptr<exec::Executor>> NativeEngine::make_executor(int /*worker*/) {
  return std::make_unique<NativeExecutor>(*runtime_, limits_, method_);
}

}  // namespace tusk::php
