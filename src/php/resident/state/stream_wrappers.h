// StreamWrappers: the stream wrappers as the boot of a resident script has left them, and the
// protocols that its requests have added.
//
// Owner: BootState. Thread: the worker; install() main, while modules start.
#pragma once

#include <cstdint>
#include <vector>

#include "php/zend.h"

namespace tusk::php::resident::state {

// A wrapper is a class, so it carries nothing of a client: the protocols that a request adds stay.
// What it does to those of PHP and the boot is put back.
class StreamWrappers {
 public:
  // stream_wrapper_register() learns of what stays: the handler that registers a protocol in each
  // request must not fail in the second.
  static void install() noexcept;

  void take();
  void renew();  // takes what a request has left
  void put_back();
  void forget();

 private:
  friend struct WrapperRegistration;

  enum class Stage : std::uint8_t { kBoot, kRequest };
  struct Wrapper {
    zend_string* protocol;  // referred to
    php_stream_wrapper* wrapper;
    bool of_request;  // registered by one, and kept
  };

  void remember(Stage stage);
  const Wrapper* find(const zend_string* protocol) const;
  php_stream_wrapper* before(zend_string* protocol) const;
  bool is_of_request(zend_string* protocol) const;
  bool unchanged() const;
  bool remove_changed() const;
  void restore_missing() const;
  void adopt();
  void adopt(zend_string* protocol, php_stream_wrapper* wrapper);
  void release();
  void about_to_register(zend_string* protocol) const;

  bool own_ = false;  // PHP has a list for this script, and `wrappers_` is a copy of it
  std::vector<Wrapper> wrappers_;

  static inline constinit thread_local StreamWrappers* current_ = nullptr;
};

}  // namespace tusk::php::resident::state
