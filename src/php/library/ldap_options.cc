#include "php/library/ldap_options.h"

#include <cstdlib>
#include <string_view>

#include <sys/time.h>

#include "php/libc/libc_function.h"
#include "php/script_thread.h"

namespace tusk::php::library {

namespace {

// From <ldap.h>; they are libldap's interface and do not change.
enum Option : int {
  kDeref = 0x0002,
  kSizeLimit = 0x0003,
  kTimeLimit = 0x0004,
  kReferrals = 0x0008,
  kRestart = 0x0009,
  kProtocolVersion = 0x0011,
  kServerControls = 0x0012,
  kClientControls = 0x0013,
  kHostName = 0x0030,
  kTimeout = 0x5002,
  kNetworkTimeout = 0x5005,
  kTlsCaFile = 0x6002,
  kTlsCaDirectory = 0x6003,
  kTlsCertificate = 0x6004,
  kTlsKey = 0x6005,
  kTlsRequireCertificate = 0x6006,
  kTlsProtocolMin = 0x6007,
  kTlsCiphers = 0x6008,
  kTlsCrlCheck = 0x600b,
  kTlsDhFile = 0x600e,
  kTlsNewContext = 0x600f,
  kTlsCrlFile = 0x6010,
  kTlsEcName = 0x6012,
  kTlsRequireSan = 0x601a,
  kTlsProtocolMax = 0x601b,
  kSaslNoCanon = 0x610b,
  kKeepaliveIdle = 0x6300,
  kKeepaliveProbes = 0x6301,
  kKeepaliveInterval = 0x6302,
};
constexpr int kConnectError = -11;  // LDAP_CONNECT_ERROR

enum class Kind { kNone, kNumber, kFlag, kTime, kText, kControls };

Kind kind_of(int option) noexcept {
  switch (option) {
    case kDeref:
    case kSizeLimit:
    case kTimeLimit:
    case kProtocolVersion:
    case kTlsRequireCertificate:
    case kTlsProtocolMin:
    case kTlsProtocolMax:
    case kTlsCrlCheck:
    case kTlsRequireSan:
    case kKeepaliveIdle:
    case kKeepaliveProbes:
    case kKeepaliveInterval:
      return Kind::kNumber;
    case kReferrals:
    case kRestart:
    case kSaslNoCanon:
      return Kind::kFlag;
    case kTimeout:
    case kNetworkTimeout:
      return Kind::kTime;
    case kHostName:
    case kTlsCaFile:
    case kTlsCaDirectory:
    case kTlsCertificate:
    case kTlsKey:
    case kTlsCiphers:
    case kTlsDhFile:
    case kTlsCrlFile:
    case kTlsEcName:
      return Kind::kText;
    case kServerControls:
    case kClientControls:
      return Kind::kControls;
    default:
      return Kind::kNone;
  }
}

bool is_of_tls(int option) noexcept { return option >= kTlsCaFile && option <= kTlsProtocolMax; }

// Options that a handle does not inherit from the global ones when it gets a TLS context of its own
// (ldap_create(), and PHP's _php_ldap_tls_newctx()).
constexpr int kNotInherited[] = {kTlsCaFile,      kTlsCaDirectory, kTlsCertificate, kTlsKey,
                                 kTlsCiphers,     kTlsDhFile,      kTlsCrlFile,     kTlsEcName,
                                 kTlsProtocolMin, kTlsProtocolMax};

struct Variable {
  const char* name;
  int option;
};
constexpr Variable kVariables[] = {
    {"LDAPTLS_CACERT", kTlsCaFile},
    {"LDAPTLS_CACERTDIR", kTlsCaDirectory},
    {"LDAPTLS_CERT", kTlsCertificate},
    {"LDAPTLS_KEY", kTlsKey},
    {"LDAPTLS_CIPHER_SUITE", kTlsCiphers},
    {"LDAPTLS_CRLFILE", kTlsCrlFile},
    {"LDAPTLS_REQCERT", kTlsRequireCertificate},
};

// In the order of their numbers.
constexpr std::string_view kRequirements[] = {"never", "hard", "demand", "allow", "try"};

using SetOption = int(ldap*, int, const void*);
using GetOption = int(ldap*, int, void*);

int next_set(ldap* handle, int option, const void* value) noexcept {
  static const auto next = libc::libc_function<SetOption>("ldap_set_option");
  return next == nullptr ? -1 : next(handle, option, value);
}

int next_get(ldap* handle, int option, void* value) noexcept {
  static const auto next = libc::libc_function<GetOption>("ldap_get_option");
  return next == nullptr ? -1 : next(handle, option, value);
}

ldap* make_handle() noexcept {
  static const auto create = libc::libc_function<int(ldap**)>("ldap_create");
  ldap* handle = nullptr;
  return create != nullptr && create(&handle) == 0 ? handle : nullptr;
}

void destroy(ldap* handle) noexcept {
  static const auto next = libc::libc_function<int(ldap*)>("ldap_destroy");
  if (next != nullptr) next(handle);
}

void free_memory(void* memory) noexcept {
  static const auto next = libc::libc_function<void(void*)>("ldap_memfree");
  next(memory);
}

void free_controls(void* controls) noexcept {
  static const auto next = libc::libc_function<void(void*)>("ldap_controls_free");
  next(controls);
}

bool copy_option(int option, ldap* from, ldap* to) noexcept {
  static const char on = 1;  // any pointer except null is LDAP_OPT_ON
  int number = 0;
  void* pointer = nullptr;
  bool done = false;
  switch (kind_of(option)) {
    case Kind::kNone:
      return true;
    case Kind::kNumber:
      return next_get(from, option, &number) == 0 && next_set(to, option, &number) == 0;
    case Kind::kFlag:
      return next_get(from, option, &number) == 0 &&
             next_set(to, option, number != 0 ? &on : nullptr) == 0;
    case Kind::kTime:
    case Kind::kText:
      if (next_get(from, option, static_cast<void*>(&pointer)) != 0) return false;
      done = next_set(to, option, pointer) == 0;
      if (pointer != nullptr) free_memory(pointer);
      return done;
    case Kind::kControls:
      if (next_get(from, option, static_cast<void*>(&pointer)) != 0) return false;
      done = next_set(to, option, pointer) == 0;
      if (pointer != nullptr) free_controls(pointer);
      return done;
  }
  return false;
}

void set_by_text(ldap* handle, int option, std::string_view text) noexcept {
  if (option != kTlsRequireCertificate) {
    next_set(handle, option, text.data());
    return;
  }
  int number = 0;
  for (const std::string_view requirement : kRequirements) {
    if (text == requirement) next_set(handle, option, &number);
    ++number;
  }
}

bool is_over_tls(const char* url) noexcept {
  return url != nullptr && std::string_view(url).starts_with("ldaps:");
}

}  // namespace

int LdapOptions::set(int option, const void* value) {
  // Each handle that has TLS options gets a context of its own anyway.
  if (option == kTlsNewContext) return 0;
  if (handle_ != nullptr && handle_ == kept_) copy_kept();
  if (handle_ == nullptr) handle_ = make_handle();
  if (handle_ == nullptr) return -1;
  const int result = next_set(handle_, option, value);
  if (result == 0) options_.insert(option);
  return result;
}

// The kept handle stays as it is.
void LdapOptions::copy_kept() {
  handle_ = make_handle();
  if (handle_ == nullptr) return;
  for (const int option : options_) (void)copy_option(option, kept_, handle_);
}

int LdapOptions::get(int option, void* value) const {
  return next_get(options_.contains(option) ? handle_ : nullptr, option, value);
}

bool LdapOptions::copy(int option, ldap* to) const {
  return copy_option(option, options_.contains(option) ? handle_ : nullptr, to);
}

// True: there was an option of TLS.
bool LdapOptions::apply_environment(ldap* handle) const {
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr || thread->environment.empty()) return false;
  bool any = false;
  for (const Variable& variable : kVariables) {
    const auto found = thread->environment.find(variable.name);
    if (found.value == nullptr || options_.contains(variable.option)) continue;
    set_by_text(handle, variable.option, found.value);
    any = true;
  }
  return any;
}

int LdapOptions::apply_to(ldap* handle, const char* url) const {
  bool tls = false;
  for (const int option : options_) {
    if (option == kHostName && url != nullptr) continue;
    (void)copy(option, handle);
    tls = tls || is_of_tls(option);
  }
  ScriptThread* const thread = ScriptThread::current();
  if (!tls && (thread == nullptr || thread->environment.empty())) return 0;
  const bool of_environment = apply_environment(handle);
  if (!tls && !of_environment) return 0;
  for (const int option : kNotInherited) {
    char* own = nullptr;
    int number = 0;
    if (kind_of(option) == Kind::kNumber) {
      if (next_get(handle, option, &number) == 0 && number <= 0) (void)copy(option, handle);
    } else if (next_get(handle, option, static_cast<void*>(&own)) == 0) {
      if (own == nullptr) {
        (void)copy(option, handle);
      } else {
        free_memory(own);
      }
    }
  }
  const int for_client = 0;
  const int result = next_set(handle, kTlsNewContext, &for_client);
  // If TLS is not used from the start, ldap_start_tls() reports the error.
  return result == 0 || !is_over_tls(url) ? 0 : kConnectError;
}

void LdapOptions::reset() noexcept {
  if (kept_ != nullptr && kept_ != handle_) destroy(kept_);
  if (handle_ != nullptr) destroy(handle_);
  handle_ = kept_ = nullptr;
  options_.clear();
  kept_options_.clear();
}

void LdapOptions::keep() noexcept {
  if (kept_ != nullptr && kept_ != handle_) destroy(kept_);
  kept_ = handle_;
  kept_options_ = options_;
}

void LdapOptions::put_back() noexcept {
  if (handle_ == kept_) return;
  if (handle_ != nullptr) destroy(handle_);
  handle_ = kept_;
  options_ = kept_options_;
}

void LdapOptions::apply_to_process() const {
  for (const int option : options_) (void)copy_option(option, handle_, nullptr);
}

int LdapOptions::set_of_process(ldap* handle, int option, const void* value) noexcept {
  return next_set(handle, option, value);
}

int LdapOptions::get_of_process(ldap* handle, int option, void* value) noexcept {
  return next_get(handle, option, value);
}

}  // namespace tusk::php::library
