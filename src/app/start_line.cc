#include "app/start_line.h"

#include <algorithm>

namespace tusk::app {

namespace {

// The internal server has none: it speaks TLS only if its address begins with https://.
constexpr bool kHasNoCertificate = false;

// "8 workers", "at most 12 workers in 3 pools", "2 processes with 4 workers each".
std::string workers_text(const plan::ProcessPlan& plan) {
  const auto is_elastic = [](const plan::PoolPlan& pool) {
    return pool.workers.workers < pool.workers.max_workers;
  };
  std::string text = std::ranges::any_of(plan.pools, is_elastic) ? "at most " : "";
  text += std::to_string(plan.workers()) + (plan.workers() == 1 ? " worker" : " workers");
  if (plan.pools.size() > 1) text += " in " + std::to_string(plan.pools.size()) + " pools";
  if (plan.processes == 1) return text;
  return std::to_string(plan.processes) + " processes with " + text + " each";
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
