// NativeEngine: the `ext` executor: php_execute_script(), superglobals through the SAPI.
//
// Owner: the app. Thread: as Engine and Executor say.
#pragma once

#include "exec/executor.h"
#include "php/runtime.h"

namespace tusk::php {

class NativeEngine final : public exec::Engine {
 public:
  static base::Result<std::unique_ptr<NativeEngine>> start(const config::Settings& settings);

  std::string_view name() const override { return "ext"; }
  std::string description() const override;
  std::string version() const override { return Runtime::version(); }
  exec::CodeCacheState code_cache() const override;
  base::Result<std::unique_ptr<exec::Executor>> make_executor(int worker) override;

  // A worker could not be stopped: PHP must not be shut down under it.
  void abandon() { (void)runtime_.release(); }

 private:
  explicit NativeEngine(std::unique_ptr<Runtime> runtime) : runtime_(std::move(runtime)) {}
  std::unique_ptr<Runtime> runtime_;
};

}  // namespace tusk::php
