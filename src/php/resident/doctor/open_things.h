// What a script has left open: descriptors, and transactions of databases.
//
// Thread: a worker's.
#pragma once

#include <string>
#include <unordered_map>

#include "php/resident/doctor/findings.h"

namespace tusk::php::resident::doctor {

class OpenThings {
 public:
  // After a request: adds a finding for each descriptor that was not open after the last one, and
  // for each connection with a transaction. Without `findings`, only remembers.
  void look(Findings* findings);
  void forget() { descriptors_.clear(); }

 private:
  std::unordered_map<int, std::string> descriptors_;  // what /proc says that each is
};

}  // namespace tusk::php::resident::doctor
