// DefaultStreams: the stream wrappers, stream filters and the default stream context as the boot of
// a resident script has left them.
//
// Owner: BootState. Thread: the worker.
#pragma once

#include <cstddef>
#include <vector>

#include "php/zend.h"

namespace tusk::php::resident::state {

class DefaultStreams {
 public:
  void take();
  bool put_back();  // true: it has released a value
  void forget();

 private:
  struct Wrapper {
    zend_string* protocol;  // referred to
    php_stream_wrapper* wrapper;
  };

  const Wrapper* find(const zend_string* protocol) const;
  bool has_boot_wrappers() const;
  void put_back_wrappers();
  void put_back_filters() const;
  bool put_back_context();

  bool own_wrappers_ = false;  // the boot has changed the list
  std::vector<Wrapper> wrappers_;
  std::size_t filters_ = 0;       // in PHP's list, which is null with 0
  std::size_t filter_names_ = 0;  // of user filters
  zend_resource* context_ = nullptr;
  zval context_options_;
};

}  // namespace tusk::php::resident::state
