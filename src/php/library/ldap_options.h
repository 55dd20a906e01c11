// LdapOptions: ldap_set_option(null, ...) for one thread. libldap has one set of global options for
// the process, from which each handle begins: a request that stops checking certificates, or names
// a certificate of its own, would do so for everybody.
//
// They are kept in a handle that is never connected, which checks them as libldap does, and given
// to each handle that the thread makes. Those of the environment (LDAPTLS_REQCERT and the like),
// which libldap reads once for the process, are too, where the script has set them.
//
// libldap is found by dlsym(), and its header is not used: the server does not need it.
//
// Owner: a ScriptThread; reset when the request ends. Thread: that worker.
#pragma once

#include <set>

struct ldap;

namespace tusk::php::library {

class LdapOptions {
 public:
  LdapOptions() = default;
  ~LdapOptions() { reset(); }
  LdapOptions(const LdapOptions&) = delete;
  LdapOptions& operator=(const LdapOptions&) = delete;

  // ldap_set_option() and ldap_get_option() of no handle.
  int set(int option, const void* value);
  int get(int option, void* value) const;
  // What was set, to a handle that was just made for `url` (null: the usual server).
  // Other than 0: libldap's error, and the handle is of no use.
  int give_to(ldap* handle, const char* url) const;

  bool changed() const { return handle_ != nullptr; }
  void reset() noexcept;
  // The process takes the thread's options: for one that has only this thread.
  void give_to_process() const;

  // libldap's own functions.
  static int set_of_process(ldap* handle, int option, const void* value) noexcept;
  static int get_of_process(ldap* handle, int option, void* value) noexcept;

 private:
  bool copy(int option, ldap* to) const;
  bool give_environment(ldap* handle) const;

  ldap* handle_ = nullptr;
  std::set<int> options_;  // that were set
};

}  // namespace tusk::php::library
