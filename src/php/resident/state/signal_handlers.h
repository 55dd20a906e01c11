// SignalHandlers: the functions of pcntl_signal() as the boot of a resident script has left them.
// The dispositions are those of ScriptThread (php/process/signal_record.h).
//
// Owner: ModuleState. Thread: the worker.
#pragma once

#include <vector>

#include "php/resident/state/module_globals.h"
#include "php/resident/state/retired_values.h"

namespace tusk::php::resident::state {

class SignalHandlers {
 public:
  void take();
  void retire(RetiredValues& retired);  // take() follows
  bool put_back();                      // true: it has released a value
  void forget();

 private:
  struct Handler {
    zend_ulong number;
    zval function;  // referred to
  };

  bool unchanged() const;

  PcntlGlobals* pcntl_ = nullptr;  // null: the extension is absent
  std::vector<Handler> boot_;      // in the order of PHP's table
  bool async_ = false;
};

}  // namespace tusk::php::resident::state
