// UserIni: php.ini's directives that hold for one request only: [HOST=] and [PATH=] sections of
// php.ini, and .user.ini files from the document root down to the script's directory, as in PHP-FPM
// (sapi_cgi_activate() in sapi/fpm/fpm/fpm_main.c).
//
// Owner and thread: one executor, one worker. PHP restores the changed entries when the request
// ends.
#pragma once

#include <cstddef>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "exec/job.h"
#include "php/zend.h"

namespace tusk::php::sapi {

// A file is read at most once in user_ini.cache_ttl seconds; other requests only look it up.
class UserIni {
 public:
  // How many directories are remembered; beyond that all are read again.
  static constexpr std::size_t kMostDirectories = 1024;

  UserIni() = default;
  ~UserIni();
  UserIni(const UserIni&) = delete;
  UserIni& operator=(const UserIni&) = delete;

  // Called when a request begins (compatibility::set_directives_hook()). May leave by longjmp.
  void activate(const exec::Job& job) noexcept;

 private:
  struct Directory {
    HashTable directives;  // persistent: name → value
    bool read = false;
    std::time_t read_at = 0;
    std::size_t root_length = 0;  // what was read depends on where the root is
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };

  Directory& find(std::string_view directory);
  void read_files(Directory& entry, std::string_view directory, std::size_t root_length,
                  std::time_t now) noexcept;

  std::unordered_map<std::string, Directory, Hash, std::equal_to<>> directories_;
  std::string path_;  // built here, because PHP may leave the function that needs it by longjmp
};

}  // namespace tusk::php::sapi
