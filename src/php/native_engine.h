// NativeEngine: the engine that runs PHP.
//
// Owner: app::Serving. Thread: as stated at Engine and Executor.
#pragma once

#include "exec/executor.h"
#include "php/interrupt/time_limits.h"
#include "php/request_run.h"
#include "php/runtime.h"

namespace tusk::php {

// Runs scripts in PHP: the executor `ext` by php_execute_script(), the executor `php` by evaluating
// their text (php/eval_script.h).
class NativeEngine final : public exec::Engine {
 public:
  static base::Result<std::unique_ptr<NativeEngine>> start(const Settings& settings);

  std::string_view name() const override { return method_ == Method::kExecute ? "ext" : "php"; }
  std::string description() const override;
  std::string version() const override { return Runtime::version(); }
  std::vector<std::string> start_files() const override;
  bool wants_watching() const override { return true; }
  observe::OpcacheState code_cache() override;
  base::Result<std::unique_ptr<exec::Executor>> make_executor(
      int worker, const exec::PoolScripts& scripts) override;
  bool loops_must_end() const override;

 private:
  NativeEngine(std::unique_ptr<Runtime> runtime, const Settings& settings)
      : runtime_(std::move(runtime)),
        process_(settings.process),
        limits_(settings.limits),
        method_(settings.method),
        doctor_(settings.doctor) {}

  std::unique_ptr<Runtime> runtime_;
  ProcessKind process_;
  TimeLimitSettings limits_;
  Method method_;
  DoctorSettings doctor_;
};

}  // namespace tusk::php
