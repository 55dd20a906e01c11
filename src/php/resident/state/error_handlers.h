// ErrorHandlers: the handlers of errors and exceptions as the boot of a resident script has left
// them, with those that restore_error_handler() goes back to.
//
// Owner: BootState. Thread: the worker.
#pragma once

#include <vector>

#include "php/resident/state/retired_values.h"
#include "php/zend.h"

namespace tusk::php::resident::state {

class ErrorHandlers {
 public:
  void take();
  // take() follows.
  void retire(RetiredValues& retired);
  bool put_back();  // true: it has released a value
  void forget();
  // The value that error_get_last() returns.
  static void forget_last_error();

 private:
  struct Handlers {
    std::vector<zval> below;  // on PHP's stack, from its bottom; referred to
    zval current;

    void take(const zval& handler, const zend_stack& stack);
    bool are(const zval& handler, const zend_stack& stack) const;
    void put_back(zval& handler, zend_stack& stack) const;
    void retire(RetiredValues& retired);
    void forget();
  };

  Handlers errors_;
  std::vector<int> levels_below_;  // one for each of errors_.below
  int levels_ = 0;
  Handlers exceptions_;
};

}  // namespace tusk::php::resident::state
