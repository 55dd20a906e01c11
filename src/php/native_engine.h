// NativeEngine: the `ext` executor: php_execute_script(), superglobals through the SAPI.
//
// Owner: the app. Thread: as Engine and Executor say.
#pragma once

#include "exec/executor.h"
#include "php/runtime.h"
#include "php/time_limits.h"

namespace tusk::php {

class NativeEngine final : public exec::Engine {
 public:
  static base::Result<std::unique_ptr<NativeEngine>> start(const config::Settings& settings);

  std::string_view name() const override { return "ext"; }
  std::string description() const override;
  std::string version() const override { return Runtime::version(); }
  bool wants_watching() const override { return true; }
  base::Result<std::unique_ptr<exec::Executor>> make_executor(int worker) override;

 private:
  NativeEngine(std::unique_ptr<Runtime> runtime, const TimeLimitSettings& limits)
      : runtime_(std::move(runtime)), limits_(limits) {}

  std::unique_ptr<Runtime> runtime_;
  TimeLimitSettings limits_;
};

}  // namespace tusk::php
