#include "php/libc/thread_attributes.h"

#include <algorithm>
#include <cerrno>

#include <sys/resource.h>
#include <unistd.h>

#include "php/libc/libc_function.h"
#include "php/script_thread.h"

namespace tusk::php::libc {

namespace {

constexpr int kLowest = 19;
constexpr int kHighest = -20;

int thread_niceness() noexcept {
  static const auto get = libc_function<decltype(::getpriority)>("getpriority");
  return get(PRIO_PROCESS, 0);
}

}  // namespace

int ThreadAttributes::niceness() const noexcept { return niceness_.value_or(thread_niceness()); }

int ThreadAttributes::set_niceness(int wanted) noexcept {
  wanted = std::clamp(wanted, kHighest, kLowest);
  if (wanted < niceness() && ::geteuid() != 0) {
    errno = EACCES;
    return -1;
  }
  niceness_ = wanted;
  return 0;
}

void ThreadAttributes::apply_to(pid_t process) const noexcept {
  static const auto set = libc_function<decltype(::setpriority)>("setpriority");
  if (niceness_) set(PRIO_PROCESS, static_cast<id_t>(process), *niceness_);
}

void ThreadAttributes::remember_processors() noexcept {
  static const auto get = libc_function<decltype(::sched_getaffinity)>("sched_getaffinity");
  cpu_set_t now;
  moved_ = true;
  if (!processors_ && get(0, sizeof now, &now) == 0) processors_ = now;
}

void ThreadAttributes::reset() noexcept {
  static const auto set = libc_function<decltype(::sched_setaffinity)>("sched_setaffinity");
  niceness_.reset();
  if (processors_) set(0, sizeof *processors_, &*processors_);
  processors_.reset();
  kept_niceness_.reset();
  kept_processors_.reset();
  moved_ = false;
}

void ThreadAttributes::keep() noexcept {
  static const auto get = libc_function<decltype(::sched_getaffinity)>("sched_getaffinity");
  kept_niceness_ = niceness_;
  kept_processors_.reset();
  cpu_set_t now;
  if (processors_ && get(0, sizeof now, &now) == 0) kept_processors_ = now;
  moved_ = false;
}

void ThreadAttributes::put_back() noexcept {
  static const auto set = libc_function<decltype(::sched_setaffinity)>("sched_setaffinity");
  niceness_ = kept_niceness_;
  if (!moved_) return;
  moved_ = false;
  const std::optional<cpu_set_t>& wanted = kept_processors_ ? kept_processors_ : processors_;
  if (wanted) set(0, sizeof *wanted, &*wanted);
}

}  // namespace tusk::php::libc

namespace {

using tusk::php::ScriptThread;
using tusk::php::libc::libc_function;

// Null: `process` is not the script's own.
ScriptThread* own_thread(pid_t process) noexcept {
  return process == 0 || process == ::getpid() ? ScriptThread::current() : nullptr;
}

// Whether it means the server by its group or its user.
bool is_among_others(int which, pid_t number) noexcept {
  if (which == PRIO_PGRP) return number == 0 || number == ::getpgrp();
  return which == PRIO_USER && (number == 0 || static_cast<uid_t>(number) == ::getuid());
}

int refused(int error) noexcept {
  errno = error;
  return -1;
}

}  // namespace

extern "C" int nice(int increment) noexcept {
  static const auto next = libc_function<decltype(::nice)>("nice");
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr) return next(increment);
  const int wanted = thread->attributes.niceness() + std::clamp(increment, -40, 40);
  if (thread->attributes.set_niceness(wanted) != 0) return refused(EPERM);  // as nice(2) says
  return thread->attributes.niceness();
}

extern "C" int setpriority(__priority_which_t which, id_t number, int niceness) noexcept {
  static const auto next = libc_function<decltype(::setpriority)>("setpriority");
  const auto process = static_cast<pid_t>(number);
  if (which == PRIO_PROCESS) {
    ScriptThread* const thread = own_thread(process);
    return thread != nullptr ? thread->attributes.set_niceness(niceness)
                             : next(which, number, niceness);
  }
  if (ScriptThread::current() != nullptr && is_among_others(which, process)) return refused(EPERM);
  return next(which, number, niceness);
}

extern "C" int getpriority(__priority_which_t which, id_t number) noexcept {
  static const auto next = libc_function<decltype(::getpriority)>("getpriority");
  ScriptThread* const thread =
      which == PRIO_PROCESS ? own_thread(static_cast<pid_t>(number)) : nullptr;
  return thread != nullptr ? thread->attributes.niceness() : next(which, number);
}

extern "C" int sched_setaffinity(pid_t process, size_t size, const cpu_set_t* set) noexcept {
  static const auto next = libc_function<decltype(::sched_setaffinity)>("sched_setaffinity");
  ScriptThread* const thread = own_thread(process);
  if (thread == nullptr) return next(process, size, set);
  thread->attributes.remember_processors();
  return next(0, size, set);
}

extern "C" int sched_getaffinity(pid_t process, size_t size, cpu_set_t* set) noexcept {
  static const auto next = libc_function<decltype(::sched_getaffinity)>("sched_getaffinity");
  return next(own_thread(process) != nullptr ? 0 : process, size, set);
}

extern "C" int unshare(int what) noexcept {
  static const auto next = libc_function<decltype(::unshare)>("unshare");
  return ScriptThread::current() != nullptr ? refused(EPERM) : next(what);
}

extern "C" int setns(int descriptor, int kind) noexcept {
  static const auto next = libc_function<decltype(::setns)>("setns");
  return ScriptThread::current() != nullptr ? refused(EPERM) : next(descriptor, kind);
}
