// The preload script (opcache.preload) while PHP starts: why it keeps PHP from starting.
//
// PHP itself only says that it has not started. What it writes to its log is of several lines, or
// nothing if the script calls exit(); and for some mistakes OPcache ends the process.
//
// Owner: the process. Thread: main, while PHP starts.
#pragma once

#include <string>

#include "php/facts.h"

namespace tusk::php::opcache {

// Keeps what is known of the script. OPcache may run it in a process of its own.
class PreloadStart {
 public:
  // Before PHP starts.
  PreloadStart();
  ~PreloadStart();
  PreloadStart(const PreloadStart&) = delete;
  PreloadStart& operator=(const PreloadStart&) = delete;

  // Why PHP cannot start, in one line. Empty: it is not the script's doing.
  std::string failure() const;

  // Call it while modules start: before OPcache runs the script, its file and its user are checked.
  static void check_before_it_runs() noexcept;
};

// The script, and the user that runs it, of a PHP that has started. Empty: there is none, or it is
// this process's.
std::string preload_script();
std::string preload_user();

// How OPcache validates code, in a PHP that has started.
CodeValidation code_validation();

}  // namespace tusk::php::opcache
