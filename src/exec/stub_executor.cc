#include "exec/stub_executor.h"

namespace tusk::exec {

namespace {

class StubExecutor final : public Executor {
 public:
  ExecutorHealth run(const Job& /*job*/, Reply& reply) noexcept override {
    http::ResponseHead& head = reply.head();
    head.status = 200;
    head.add("Content-Type", "text/html; charset=UTF-8");
    reply.write("Hello World!");
    return ExecutorHealth::kHealthy;
  }
};

}  // namespace

base::Result<std::unique_ptr<Executor>> StubEngine::make_executor(int /*worker*/,
                                                                  const PoolScripts& /*scripts*/) {
  return std::make_unique<StubExecutor>();
}

}  // namespace tusk::exec
