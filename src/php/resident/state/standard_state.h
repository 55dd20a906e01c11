// StandardState: what the extension `standard` and PHP's core keep for a request: locale, putenv(),
// umask, working directory, and what functions remember from one call to the next (strtok(),
// stat(), output_add_rewrite_var() ...).
//
// Owner: BootState. Thread: the worker.
#pragma once

#include <cstddef>
#include <vector>

#include "php/zend.h"

namespace tusk::php::resident::state {

class StandardState {
 public:
  void take();
  void renew();     // takes what a request has left
  bool put_back();  // true: it has released a value
  void forget();
  // The thread's locale was put back: PHP learns of it.
  void notice_locale();

 private:
  void keep_environment();
  void remember();
  void put_back_environment();
  void put_back_umask();
  void put_back_locale();
  void put_back_directory();

  // The tables of putenv(), the boot's first; PHP has an empty one meanwhile. Each was changed on
  // top of the one before.
  std::vector<HashTable> environments_;
  int umask_ = -1;  // that of the process, if the boot has called umask()
  zend_string* ctype_ = nullptr;
  bool locale_changed_ = false;
  bool locale_is_stale_ = false;
  zend_string* directory_ = nullptr;
  std::size_t tick_functions_ = 0;
};

}  // namespace tusk::php::resident::state
