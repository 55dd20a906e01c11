#include "php/script_thread.h"

#include <cerrno>
#include <cstring>

#include <sched.h>
#include <unistd.h>

#include "base/process/ended_children.h"
#include "observe/log.h"

namespace tusk::php {

// Otherwise umask and working directory would be shared by all threads. A seccomp profile may
// forbid unshare() (Docker's does): then two scripts that change the umask at the same time disturb
// each other, and C libraries do not see the script's directory.
ScriptThread::ScriptThread() : has_own_directory_(::unshare(CLONE_FS) == 0) {
  if (!has_own_directory_) {
    observe::debug("workers share umask and working directory", {{"reason", std::strerror(errno)}});
  }
  current_ = this;
}

ScriptThread::~ScriptThread() { current_ = nullptr; }

void ScriptThread::enter_directory(std::string_view directory) noexcept {
  if (!has_own_directory_ || directory == directory_) return;
  directory_ = directory;
  if (::chdir(directory_.c_str()) != 0) directory_.clear();
}

void ScriptThread::end_request() noexcept {
  sqlite.wait_again();
  if (!environment.empty()) environment.clear();
  if (locale.is_set()) locale.reset();
  if (!signals.empty()) signals.clear();
  if (attributes.changed()) attributes.reset();
  if (system_log.changed()) system_log.reset();
  if (messages.changed()) messages.reset();
  if (ldap.changed()) ldap.reset();
  if (has_children) has_children = base::process::reap_children();
}

void ScriptThread::keep_boot() noexcept {
  environment.keep();
  locale.keep();
  signals.keep();
  attributes.keep();
  system_log.keep();
  messages.keep();
  ldap.keep();
}

void ScriptThread::put_back_boot() noexcept {
  sqlite.wait_again();
  environment.put_back();
  locale.put_back();
  signals.put_back();
  attributes.put_back();
  system_log.put_back();
  messages.put_back();
  ldap.put_back();
}

}  // namespace tusk::php
