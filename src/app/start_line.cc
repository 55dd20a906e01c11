#include "app/start_line.h"

namespace tusk::app {

namespace {

// The internal server has none: it speaks TLS only if its address begins with https://.
constexpr bool kHasNoCertificate = false;

}  // namespace

std::string start_line(const plan::Plan& plan, const Sockets& sockets, const exec::Engine& engine) {
  std::string line = "tusk " TUSK_VERSION " serves " + plan.site().document_root + " on " +
                     urls_of(sockets.clients, plan.process.has_certificate) + " with " +
                     engine.description() + ", " + std::to_string(plan.process.workers.workers) +
                     (plan.process.workers.workers == 1 ? " worker" : " workers") + ", executor " +
                     std::string(engine.name());
  if (plan.process.io_threads > 1)
    line += ", " + std::to_string(plan.process.io_threads) + " I/O threads";
  if (!sockets.internal.empty()) {
    line += "; internal server on " + urls_of(sockets.internal, kHasNoCertificate);
  }
  return line;
}

}  // namespace tusk::app
