#include "app/start_line.h"

namespace tusk::app {

namespace {

// The internal server has none: it speaks TLS only if its address begins with https://.
constexpr bool kHasNoCertificate = false;

std::string workers_text(const plan::ProcessPlan& plan) {
  const std::string workers =
      std::to_string(plan.workers.workers) + (plan.workers.workers == 1 ? " worker" : " workers");
  if (plan.processes == 1) return workers;
  return std::to_string(plan.processes) + " processes with " + workers + " each";
}

}  // namespace

std::string start_line(const plan::Plan& plan, const Sockets& sockets, const exec::Engine& engine) {
  std::string line = "tusk " TUSK_VERSION " serves " + plan.site().document_root + " on " +
                     urls_of(sockets.clients, plan.process.has_certificate) + " with " +
                     engine.description() + ", " + workers_text(plan.process) + ", executor " +
                     std::string(engine.name());
  if (plan.process.io_threads > 1)
    line += ", " + std::to_string(plan.process.io_threads) + " I/O threads";
  if (!sockets.internal.empty()) {
    line += "; internal server on " + urls_of(sockets.internal, kHasNoCertificate);
  }
  return line;
}

}  // namespace tusk::app
