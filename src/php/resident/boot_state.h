// BootState: placeholder.
#pragma once

namespace tusk::php::resident {

class BootState {
 public:
  void take() {}
  void put_back() {}
  void forget() {}
};

}  // namespace tusk::php::resident
