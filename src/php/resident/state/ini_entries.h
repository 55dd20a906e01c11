// IniEntries: php.ini's entries as the boot of a resident script has left them.
//
// Owner: BootState. Thread: the worker.
#pragma once

#include <vector>

#include "php/zend.h"

namespace tusk::php::resident::state {

// PHP has a table of the entries that differ from php.ini (EG(modified_ini_directives)), which is
// short: a request that has changed none is found out by comparing it.
class IniEntries {
 public:
  void take();
  // Takes what a request has left, without its time limit and what "@" has lowered.
  void renew();
  void put_back();
  void forget();

 private:
  struct Entry {
    zend_ini_entry* entry;
    zend_string* value;  // referred to; null: none
  };

  bool unchanged() const;
  void remember();
  bool has_other_level() const;
  void put_back_time_limit() const;
  const Entry* find(const zend_ini_entry* entry) const;

  std::vector<Entry> boot_;  // in the order of PHP's table
  int error_reporting_ = 0;
};

}  // namespace tusk::php::resident::state
