// ldap_set_option(), ldap_get_option() and ldap_initialize() of libldap. On threads that run
// scripts, options that are set without a handle belong to the thread (php/library/ldap_options.h).

#include <exception>
#include <thread>

#include <sched.h>
#include <unistd.h>

#include "base/mutex.h"
#include "php/libc/libc_function.h"
#include "php/library/ldap_options.h"
#include "php/script_thread.h"

namespace {

using tusk::php::ScriptThread;
using tusk::php::libc::libc_function;
using tusk::php::library::LdapOptions;

// libldap reads its configuration at its first use, for the process: its files (one of them in the
// working directory) and the environment. Those must not be a script's. It should not happen when
// the server starts either, because libldap looks up the host's name too. So a thread that runs no
// scripts does it.
void read_configuration() noexcept {
  static tusk::base::Mutex mutex;
  static bool done = false;
  const tusk::base::MutexLock lock(mutex);
  if (done) return;
  try {
    std::thread([] {
      if (::unshare(CLONE_FS) == 0) (void)!::chdir("/");
      constexpr int kProtocolVersion = 0x0011;
      int version = 0;
      LdapOptions::get_of_process(nullptr, kProtocolVersion, &version);
    }).join();
    done = true;
  } catch (const std::exception&) {
    // The process may have no more threads, or no memory: libldap reads it here, and the next
    // script tries again.
  }
}

// Null: the process's options are meant.
LdapOptions* options_of_thread(const ldap* handle) noexcept {
  ScriptThread* const thread = handle == nullptr ? ScriptThread::current() : nullptr;
  if (thread == nullptr) return nullptr;
  read_configuration();
  return &thread->ldap;
}

}  // namespace

extern "C" int ldap_set_option(ldap* handle, int option, const void* value) {
  LdapOptions* const own = options_of_thread(handle);
  return own != nullptr ? own->set(option, value)
                        : LdapOptions::set_of_process(handle, option, value);
}

extern "C" int ldap_get_option(ldap* handle, int option, void* value) {
  LdapOptions* const own = options_of_thread(handle);
  return own != nullptr ? own->get(option, value)
                        : LdapOptions::get_of_process(handle, option, value);
}

extern "C" int ldap_initialize(ldap** handle, const char* url) {
  static const auto next = libc_function<int(ldap**, const char*)>("ldap_initialize");
  static const auto destroy = libc_function<int(ldap*)>("ldap_destroy");
  LdapOptions* const own = options_of_thread(nullptr);
  const int result = next(handle, url);
  if (result != 0 || own == nullptr) return result;
  const int given = own->apply_to(*handle, url);
  if (given != 0) {
    destroy(*handle);
    *handle = nullptr;
  }
  return given;
}
