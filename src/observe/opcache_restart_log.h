// OpcacheRestartLog: tells that OPcache has restarted, and which of its directives is too small.
//
// Owner: what counts the restarts of one OPcache. Thread: one at a time.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "observe/log.h"
#include "observe/scoreboard/opcache_use.h"

namespace tusk::observe {

class OpcacheRestartLog {
 public:
  // Writes a line in ten seconds at most. `restarts` is how many there were; a field without a name
  // is left out.
  void tell(OpcacheRestartReason reason, std::uint64_t restarts, const Field& pool);

 private:
  std::optional<base::MonotonicTime> last_;
};

}  // namespace tusk::observe
