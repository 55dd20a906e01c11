// StubEngine: the engine without PHP.
//
// Owner: app::Serving. Thread: as Engine and Executor say.
#pragma once

#include "exec/executor.h"

namespace tusk::exec {

// Answers every request without PHP, to measure and test the server alone.
class StubEngine final : public Engine {
 public:
  std::string_view name() const override { return "stub"; }
  std::string description() const override { return "no PHP (stub)"; }
  std::string version() const override { return {}; }
  base::Result<std::unique_ptr<Executor>> make_executor(int worker,
                                                        const PoolScripts& scripts) override;
};

}  // namespace tusk::exec
