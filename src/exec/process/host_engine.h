// HostEngine: the engine of a server whose workers are processes. PHP runs in their host, which has
// been asked about it (app/engine/host_query.h).
//
// Owner: app::Serving. Thread: as stated at Engine.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exec/executor.h"

namespace tusk::exec::process {

class HostEngine final : public Engine {
 public:
  // What a host has told.
  struct Php {
    std::string_view executor;
    std::string version;
    std::string description;
    std::vector<std::string> start_files;
  };
  explicit HostEngine(Php php) : php_(std::move(php)) {}

  std::string_view name() const override { return php_.executor; }
  std::string description() const override { return php_.description + ", in worker processes"; }
  std::string version() const override { return php_.version; }
  std::vector<std::string> start_files() const override { return php_.start_files; }
  // No worker of this process runs scripts.
  base::Result<std::unique_ptr<Executor>> make_executor(int /*worker*/,
                                                        const PoolScripts& /*scripts*/) override {
    return base::fail("scripts run in worker processes");
  }

 private:
  Php php_;
};

}  // namespace tusk::exec::process
