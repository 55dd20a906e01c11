// Functions of libc that change the whole process: users and groups, the root directory, session
// and process group, resource limits, interval timers. Under PHP-FPM they affect one child; here
// the process is the server, and serves others. On threads that run scripts they are refused with
// EPERM, as the kernel refuses them to a process without privileges. A call that would change
// nothing succeeds, as it does for PHP-FPM's unprivileged processes. In a process that a script
// forked they are allowed.

#include <cerrno>

#include <grp.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "php/libc/libc_function.h"
#include "php/process/process_identity.h"
#include "php/script_thread.h"

namespace {

using tusk::php::ScriptThread;
using tusk::php::libc::libc_function;
using tusk::php::process::is_own_process;

bool on_script_thread() noexcept { return ScriptThread::current() != nullptr; }

int refused() noexcept {
  errno = EPERM;
  return -1;
}

int refused_unless(bool changes_nothing) noexcept { return changes_nothing ? 0 : refused(); }

constexpr auto kKeep = static_cast<id_t>(-1);

struct Ids {
  id_t real, effective, saved;
  bool is(id_t id) const { return real == id && effective == id && saved == id; }
};

Ids users() noexcept {
  Ids ids{};
  ::getresuid(&ids.real, &ids.effective, &ids.saved);
  return ids;
}

Ids groups() noexcept {
  Ids ids{};
  ::getresgid(&ids.real, &ids.effective, &ids.saved);
  return ids;
}

bool keeps(id_t wanted, id_t now) noexcept { return wanted == kKeep || wanted == now; }

}  // namespace

extern "C" int setuid(uid_t user) noexcept {
  static const auto next = libc_function<decltype(::setuid)>("setuid");
  return on_script_thread() ? refused_unless(users().is(user)) : next(user);
}

extern "C" int setgid(gid_t group) noexcept {
  static const auto next = libc_function<decltype(::setgid)>("setgid");
  return on_script_thread() ? refused_unless(groups().is(group)) : next(group);
}

extern "C" int seteuid(uid_t user) noexcept {
  static const auto next = libc_function<decltype(::seteuid)>("seteuid");
  return on_script_thread() ? refused_unless(user == ::geteuid()) : next(user);
}

extern "C" int setegid(gid_t group) noexcept {
  static const auto next = libc_function<decltype(::setegid)>("setegid");
  return on_script_thread() ? refused_unless(group == ::getegid()) : next(group);
}

extern "C" int setreuid(uid_t real, uid_t effective) noexcept {
  static const auto next = libc_function<decltype(::setreuid)>("setreuid");
  if (!on_script_thread()) return next(real, effective);
  const Ids now = users();
  return refused_unless(keeps(real, now.real) && keeps(effective, now.effective));
}

extern "C" int setregid(gid_t real, gid_t effective) noexcept {
  static const auto next = libc_function<decltype(::setregid)>("setregid");
  if (!on_script_thread()) return next(real, effective);
  const Ids now = groups();
  return refused_unless(keeps(real, now.real) && keeps(effective, now.effective));
}

extern "C" int setresuid(uid_t real, uid_t effective, uid_t saved) noexcept {
  static const auto next = libc_function<decltype(::setresuid)>("setresuid");
  if (!on_script_thread()) return next(real, effective, saved);
  const Ids now = users();
  return refused_unless(keeps(real, now.real) && keeps(effective, now.effective) &&
                        keeps(saved, now.saved));
}

extern "C" int setresgid(gid_t real, gid_t effective, gid_t saved) noexcept {
  static const auto next = libc_function<decltype(::setresgid)>("setresgid");
  if (!on_script_thread()) return next(real, effective, saved);
  const Ids now = groups();
  return refused_unless(keeps(real, now.real) && keeps(effective, now.effective) &&
                        keeps(saved, now.saved));
}

extern "C" int initgroups(const char* user, gid_t group) {
  static const auto next = libc_function<decltype(::initgroups)>("initgroups");
  return on_script_thread() ? refused() : next(user, group);
}

extern "C" int setgroups(size_t count, const gid_t* list) noexcept {
  static const auto next = libc_function<decltype(::setgroups)>("setgroups");
  return on_script_thread() ? refused() : next(count, list);
}

// A PHP that is not thread-safe has the function, outside of web servers.
extern "C" int chroot(const char* directory) noexcept {
  static const auto next = libc_function<decltype(::chroot)>("chroot");
  return on_script_thread() ? refused() : next(directory);
}

extern "C" pid_t setsid() noexcept {
  static const auto next = libc_function<decltype(::setsid)>("setsid");
  return on_script_thread() ? refused() : next();
}

// For a child it is the script's own business.
extern "C" int setpgid(pid_t process, pid_t group) noexcept {
  static const auto next = libc_function<decltype(::setpgid)>("setpgid");
  if (!on_script_thread() || (process != 0 && !is_own_process(process))) {
    return next(process, group);
  }
  return refused_unless((group == 0 ? ::getpid() : group) == ::getpgrp());
}

extern "C" int setrlimit(__rlimit_resource_t resource, const rlimit* limit) noexcept {
  static const auto next = libc_function<decltype(::setrlimit)>("setrlimit");
  if (!on_script_thread()) return next(resource, limit);
  rlimit now{};
  if (::getrlimit(resource, &now) != 0) return -1;
  return refused_unless(now.rlim_cur == limit->rlim_cur && now.rlim_max == limit->rlim_max);
}

extern "C" int setitimer(__itimer_which_t which, const itimerval* value, itimerval* old) noexcept {
  static const auto next = libc_function<decltype(::setitimer)>("setitimer");
  return on_script_thread() ? refused() : next(which, value, old);
}
