// LdapOptions: ldap_set_option(null, ...) for one thread. libldap has one set of global options for
// the process, which every handle starts with: a request that turns off the check of certificates,
// or sets a certificate of its own, would do so for all requests.
//
// Owner: a ScriptThread, which resets it when the request ends. Thread: that worker.
#pragma once

#include <set>

struct ldap;

namespace tusk::php::library {

// The options are kept in a handle that is never connected, so libldap checks them, and are applied
// to each handle that the thread makes. So are those of the environment (LDAPTLS_REQCERT and the
// like) if the script has set them: libldap reads them once for the process.
//
// libldap is found by dlsym(), and its header is not used: the server does not need libldap.
class LdapOptions {
 public:
  LdapOptions() = default;
  ~LdapOptions() { reset(); }
  LdapOptions(const LdapOptions&) = delete;
  LdapOptions& operator=(const LdapOptions&) = delete;

  // These do what ldap_set_option() and ldap_get_option() do without a handle.
  int set(int option, const void* value);
  int get(int option, void* value) const;
  // Applies the options to a handle that was just made for `url` (null: the default server). Not 0:
  // libldap's error, and the handle is unusable.
  int apply_to(ldap* handle, const char* url) const;

  bool changed() const { return handle_ != nullptr; }
  void reset() noexcept;

  // put_back() goes back to the options that were set at keep().
  void keep() noexcept;
  void put_back() noexcept;

  // Applies the thread's options to the process. For a process that has only this thread.
  void apply_to_process() const;

  // libldap's own functions.
  static int set_of_process(ldap* handle, int option, const void* value) noexcept;
  static int get_of_process(ldap* handle, int option, void* value) noexcept;

 private:
  bool copy(int option, ldap* to) const;
  bool apply_environment(ldap* handle) const;
  void copy_kept();

  ldap* handle_ = nullptr;
  std::set<int> options_;  // those that were set

  ldap* kept_ = nullptr;  // that of keep(); the same as handle_ until an option is set
  std::set<int> kept_options_;
};

}  // namespace tusk::php::library
