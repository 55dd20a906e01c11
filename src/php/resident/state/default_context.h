// DefaultContext: the default stream context as the boot of a resident script has left it.
//
// Owner: BootState. Thread: the worker.
#pragma once

#include "php/resident/state/retired_values.h"
#include "php/zend.h"

namespace tusk::php::resident::state {

class DefaultContext {
 public:
  void take();
  void retire(RetiredValues& retired);  // take() follows
  bool put_back();                      // true: it has released a value
  void forget();

 private:
  zend_resource* context_ = nullptr;  // referred to
  zval options_;
};

}  // namespace tusk::php::resident::state
