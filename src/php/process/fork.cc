#include "php/process/fork.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <unistd.h>

#include "base/descriptor_limit.h"
#include "observe/crash/crash_handler.h"
#include "php/backtrace/thread_probe.h"
#include "php/crash/containment.h"
#include "php/descriptors/record_locks.h"
#include "php/interrupt/time_limits.h"
#include "php/libc/libc_function.h"
#include "php/process/signals.h"
#include "php/request_context.h"
#include "php/rewind/snapshot.h"
#include "php/script_thread.h"
#include "php/sqlite/fork.h"
#include "php/zend.h"

namespace tusk::php::process {

namespace {

// Written once, by the only thread of its process.
constinit bool forked_child = false;

// Its locks may be held by a thread that does not exist in the child.
void leave_opcache() noexcept {
  zend_string* const name = zend_string_init(ZEND_STRL("opcache.enable"), false);
  zend_alter_ini_entry_chars(name, "0", 1, PHP_INI_USER, PHP_INI_STAGE_RUNTIME);
  zend_string_release(name);
}

// The file of a long request body is the loop's, but php://input reads it.
int body_descriptor() noexcept {
  const auto* const context = static_cast<RequestContext*>(SG(server_context));
  return context != nullptr && !context->job->body.in_memory() ? context->job->body.fd() : -1;
}

// Closes what neither this request nor an earlier one of its thread has opened: the server's
// descriptors, and those of other requests.
void close_foreign_descriptors(const descriptors::DescriptorLedger& own) noexcept {
  const int body = body_descriptor();
  int next = STDERR_FILENO + 1;
  const int highest = std::max(own.highest(), body);
  for (int fd = next; fd <= highest; ++fd) {
    // SQLite is shared and may know a descriptor whichever thread opened it; locks are not on it.
    const bool sqlites = descriptors::record_locks::asked(fd).load(std::memory_order_relaxed);
    if (fd != body && !own.owns(fd) && !sqlites) continue;
    for (; next < fd; ++next) ::close(next);
    next = fd + 1;
  }
  ::closefrom(next);
}

void enter_child(ScriptThread& thread) noexcept {
  forked_child = true;
  crash::Containment::detach();
  observe::crash::remove_crash_handler();
  descriptors::record_locks::enter_child();
  close_foreign_descriptors(thread.descriptors);
  sqlite::separate_sqlite_from_parent();
  base::restore_descriptor_limit(0);
  adopt_signals(thread.signals);
  if (!thread.environment.empty()) environ = thread.environment.merge(environ);
  thread.locale.apply_to_process();
  thread.attributes.apply_to(0);
  thread.system_log.apply_to_process();
  thread.messages.apply_to_process();
  thread.ldap.apply_to_process();
  // From here on the functions of libc behave as libc's.
  ScriptThread::detach();
  if (interrupt::TimeLimits* const limits = interrupt::TimeLimits::current()) limits->enter_child();
  backtrace::ThreadProbe::answer_in(nullptr);
  if (auto* const context = static_cast<RequestContext*>(SG(server_context)); context != nullptr) {
    context->muted = true;
  }
  // The parent removes the files of an upload.
  SG(rfc1867_uploaded_files) = nullptr;
  leave_opcache();
}

}  // namespace

bool in_forked_child() noexcept { return forked_child; }

void end_forked_child() noexcept { ::_exit(EG(exit_status)); }

}  // namespace tusk::php::process

namespace {

using tusk::php::ScriptThread;
using tusk::php::libc::libc_function;
using tusk::php::rewind::Snapshot;

bool refused() noexcept {
  if (ScriptThread::current() == nullptr) return false;
  errno = EPERM;
  return true;
}

}  // namespace

extern "C" pid_t fork() noexcept {
  static const auto next = libc_function<decltype(::fork)>("fork");
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr) return next();
  tusk::php::sqlite::prepare_sqlite_for_fork();
  // The one lock of PHP that the child needs to end its request.
  tsrm_env_lock();
  // A signal for the child waits until adopt_signals() has undone what the server does with it: a
  // worker process ignores SIGTERM, and proc_terminate() may follow at once.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t child = next();
  if (child != 0) ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  tsrm_env_unlock();
  if (child > 0) thread->has_children = true;
  if (Snapshot* const snapshot = Snapshot::current(); snapshot != nullptr && child > 0)
    snapshot->forked();
  if (child == 0) tusk::php::process::enter_child(*thread);
  return child;
}

extern "C" int execve(const char* file, char* const arguments[],
                      char* const environment[]) noexcept {
  static const auto next = libc_function<decltype(::execve)>("execve");
  return refused() ? -1 : next(file, arguments, environment);
}

extern "C" int execv(const char* file, char* const arguments[]) noexcept {
  static const auto next = libc_function<decltype(::execv)>("execv");
  return refused() ? -1 : next(file, arguments);
}
