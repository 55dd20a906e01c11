// WatchedSettings: settings of extensions that nothing shows but the function that reads them.
//
// Owner: BootState. Thread: the worker; install() main, while modules start.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "php/resident/state/retired_values.h"
#include "php/zend.h"

namespace tusk::php::resident::state {

// The functions that change such a setting are replaced for all threads. On a thread whose resident
// script serves requests, the first call in a request remembers the value first. So a request that
// uses none of them costs nothing.
class WatchedSettings {
 public:
  static constexpr std::size_t kSettings = 8;

  static void install() noexcept;

  void take();
  // take() follows. What has no value that could stay is put back.
  void retire(RetiredValues& retired);
  bool put_back();  // true: it has released a value
  void forget();

 private:
  template <std::size_t kIndex>
  friend struct Watcher;

  void about_to_change(std::size_t index);

  std::uint32_t changed_ = 0;  // a bit for each setting
  std::array<zval, kSettings> boot_;
  bool busy_ = false;  // reading or putting back a value calls the same functions

  static inline constinit thread_local WatchedSettings* current_ = nullptr;
};

}  // namespace tusk::php::resident::state
