#include "app/start_line.h"

namespace tusk::app {

std::string start_line(const config::Settings& settings, const Sockets& sockets,
                       const exec::Engine& engine) {
  std::string line = "tusk " TUSK_VERSION " serves " + settings.document_root + " on " +
                     urls_of(sockets.clients, settings.has_certificate()) + " with " +
                     engine.description() + ", " + std::to_string(settings.php_workers) +
                     (settings.php_workers == 1 ? " worker" : " workers") + ", executor " +
                     std::string(engine.name());
  if (settings.io_threads > 1) line += ", " + std::to_string(settings.io_threads) + " I/O threads";
  if (!sockets.internal.empty()) line += "; internal server on " + urls_of(sockets.internal, false);
  return line;
}

}  // namespace tusk::app
