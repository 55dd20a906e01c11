// HostEngine: the engine of a server whose workers are processes. PHP runs in their host, so there
// is nothing to ask here.
//
// Owner: app::Serving. Thread: as stated at Engine.
#pragma once

#include "exec/executor.h"

namespace tusk::exec::process {

class HostEngine final : public Engine {
 public:
  std::string_view name() const override { return "ext"; }
  std::string description() const override { return "PHP in worker processes"; }
  std::string version() const override { return {}; }
  // No worker of this process runs scripts.
  base::Result<std::unique_ptr<Executor>> make_executor(int /*worker*/,
                                                        const PoolScripts& /*scripts*/) override {
    return base::fail("scripts run in worker processes");
  }
};

}  // namespace tusk::exec::process
