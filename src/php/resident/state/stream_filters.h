// StreamFilters: the stream filters that the requests of a resident script have registered.
//
// Owner: BootState. Thread: the worker; install() main, while modules start.
#pragma once

#include <cstddef>

#include "php/zend.h"

namespace tusk::php::resident::state {

// A filter is a class, so it carries nothing of a client, and stays. The handler that registers one
// in each request must not fail in the second: stream_filter_register() learns of what has stayed.
class StreamFilters {
 public:
  static void install() noexcept;

  void take();
  void request_ended();
  void forget() { current_ = nullptr; }

 private:
  friend struct FilterRegistration;

  void about_to_register(zend_string* name);

  // In PHP's list, which grows at its end: first the boot's, then those of earlier requests.
  std::size_t of_boot_ = 0;
  std::size_t stayed_ = 0;

  static inline constinit thread_local StreamFilters* current_ = nullptr;
};

}  // namespace tusk::php::resident::state
