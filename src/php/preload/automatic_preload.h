// The files that a start of PHP preloads by itself (option preload = "auto"): those of the list
// that can be preloaded.
//
// A list never keeps PHP from starting. All that may fail is tried in processes of their own first:
// the compilation of the listed files, by which it is known what they declare, and then a start of
// PHP with those that were chosen. What fails is left out, and the list says why.
//
// Owner: the Runtime. Thread: main, before PHP starts; after_start() when it has started.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "php/preload/generated_script.h"
#include "php/settings.h"

namespace tusk::php {
class Runtime;
}

namespace tusk::php::preload {

// Starts PHP in this process, and calls `then` when it has started.
using StartPhp = std::function<base::Result<void>(
    Arrangement arrangement,
    const std::function<void(Runtime& runtime, const GeneratedScript& script)>& then)>;

class AutomaticPreload {
 public:
  explicit AutomaticPreload(const Settings& settings);

  // Looks what of the list can be preloaded, and writes to the list what it has found. It starts
  // PHP in other processes.
  Arrangement prepare(const StartPhp& start);

  // Begins to record, unless it would have no use.
  void after_start(const GeneratedScript& script, bool has_opcache);

 private:
  bool is_on() const { return !list_file_.empty(); }

  std::string list_file_;  // empty: nothing is preloaded
  std::string base_;
};

}  // namespace tusk::php::preload
