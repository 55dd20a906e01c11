// RewoundScript: a resident script whose process goes back to the end of its boot after each
// request (exec::ScriptMode::kRewind), and what a request must end before that: what is seen
// outside of the process.
//
// Owner: a ScriptLoop. Thread: its worker.
#pragma once

#include <cstdint>
#include <vector>

#include <sys/types.h>

#include "base/unique_fd.h"
#include "php/zend.h"

namespace tusk::php::resident {

// Memory goes back by itself, so nothing is freed for its own sake. As at the end of a script the
// destructors of all objects run, those of the boot's objects too. Then what the request has
// opened is closed in PHP's way, so that what it has written arrives and its peers hear a
// farewell: its resources, and the objects of extensions, which may hold connections.
class RewoundScript {
 public:
  // The script has booted: tells its objects and resources from those of requests, and makes every
  // request draw its own random numbers.
  void take() noexcept;
  // A function of tusk_after_rewind(), which takes over the reference.
  void add_hook(const zval& function) { hooks_.push_back(function); }
  // Calls them, in a request that has begun. PHP may leave it by longjmp.
  void call_hooks();
  // The request's response is complete but for what destructors write. PHP may leave these by
  // longjmp.
  void call_destructors() const;
  void close_resources() const;
  void close_objects() const;
  // In a child that a request has forked, before it ends: what the boot has open is not closed by
  // PHP. It would remove the boot's temporary files, and end its compressed ones.
  void leave_resources() const noexcept;
  // What the kernel keeps for the process: umask and working directory.
  void put_back_process() const noexcept;

 private:
  void find_quiet_modules() noexcept;
  void mark_objects() noexcept;
  bool says_farewell(const zend_object* object) const;

  std::uint32_t objects_ = 0;  // handles from here on are a request's
  zend_ulong resources_ = 0;   // and numbers of resources
  std::uint32_t persistent_resources_ = 0;
  std::vector<std::uint32_t> destructors_;  // of the boot's objects, the handles
  std::vector<bool> quiet_modules_;         // by number: their objects hold memory only
  std::vector<zval> hooks_;
  mode_t umask_ = 0;
  base::UniqueFd directory_;
};

// Makes OPcache's wish to be emptied known to `wish`, which is called in the request that causes
// it: OPcache cannot do it while the boot's process uses it. PHP 8.2 and 8.3 tell of
// opcache_reset() only, not of a full cache. Main, when modules have started.
void tell_of_cache_reset(void (*wish)(observe::OpcacheRestartReason)) noexcept;

}  // namespace tusk::php::resident
