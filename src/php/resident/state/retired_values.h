// RetiredValues: values of a resident script's state that has been taken anew. Their destructors
// may run any code, so they run when the script ends, not while its state is looked at.
//
// Owner: BootState. Thread: the worker's.
#pragma once

#include <vector>

#include "php/zend.h"

namespace tusk::php::resident::state {

class RetiredValues {
 public:
  // Takes over the reference and leaves `value` undefined.
  void add(zval& value) {
    if (Z_REFCOUNTED(value)) values_.push_back(value);
    ZVAL_UNDEF(&value);
  }
  // A bailout may leave it; what is left is then never released.
  void release() {
    while (!values_.empty()) {
      zval last = values_.back();
      values_.pop_back();
      zval_ptr_dtor(&last);
    }
  }

 private:
  std::vector<zval> values_;
};

}  // namespace tusk::php::resident::state
