// gettext() and related functions. On threads that run scripts they work on the thread's own
// domains (php/libc/message_catalogs.h). Libraries bind domains of their own once for the process,
// at their first use, which may be in a script. So what PHP's gettext extension binds belongs to
// the script, and what a library binds belongs to the process.

#include <dlfcn.h>
#include <libintl.h>
#include <locale.h>

#include "php/extension.h"
#include "php/libc/libc_function.h"
#include "php/script_thread.h"
#include "php/zend.h"

// <libintl.h> has macros of the same names.
#undef gettext
#undef dgettext
#undef ngettext
#undef dngettext

namespace {

using tusk::php::ScriptThread;
using tusk::php::libc::libc_function;
using tusk::php::libc::MessageCatalogs;

const void* object_of(const void* address) noexcept {
  Dl_info info{};
  return ::dladdr(address, &info) != 0 ? info.dli_fbase : nullptr;
}

// Null: the process's are meant. `caller` is the address that the function returns to.
MessageCatalogs* bound_by_script(const void* caller) noexcept {
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr) return nullptr;
  // The extension is in libphp, or in a file of its own.
  const zend_module_entry* const extension = tusk::php::find_extension("gettext");
  const bool is_its = extension != nullptr && object_of(caller) == object_of(extension->functions);
  return is_its ? &thread->messages : nullptr;
}

const char* name_for_libc(const char* domain) {
  ScriptThread* const thread = ScriptThread::current();
  return thread == nullptr ? domain : thread->messages.name_for_libc(domain);
}

}  // namespace

extern "C" char* textdomain(const char* domain) noexcept {
  static const auto next = libc_function<decltype(::textdomain)>("textdomain");
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr) return next(domain);
  return const_cast<char*>(thread->messages.set_domain(domain));
}

extern "C" char* bindtextdomain(const char* domain, const char* directory) noexcept {
  static const auto next = libc_function<decltype(::bindtextdomain)>("bindtextdomain");
  MessageCatalogs* const own = bound_by_script(__builtin_return_address(0));
  return own == nullptr ? next(domain, directory) : const_cast<char*>(own->bind(domain, directory));
}

extern "C" char* bind_textdomain_codeset(const char* domain, const char* codeset) noexcept {
  static const auto next =
      libc_function<decltype(::bind_textdomain_codeset)>("bind_textdomain_codeset");
  MessageCatalogs* const own = bound_by_script(__builtin_return_address(0));
  return own == nullptr ? next(domain, codeset)
                        : const_cast<char*>(own->bind_codeset(domain, codeset));
}

extern "C" char* dcgettext(const char* domain, const char* text, int category) noexcept {
  static const auto next = libc_function<decltype(::dcgettext)>("dcgettext");
  return next(name_for_libc(domain), text, category);
}

extern "C" char* dcngettext(const char* domain, const char* text, const char* plural,
                            unsigned long count, int category) noexcept {
  static const auto next = libc_function<decltype(::dcngettext)>("dcngettext");
  return next(name_for_libc(domain), text, plural, count, category);
}

extern "C" char* dgettext(const char* domain, const char* text) noexcept {
  return ::dcgettext(domain, text, LC_MESSAGES);
}

extern "C" char* gettext(const char* text) noexcept {
  return ::dcgettext(nullptr, text, LC_MESSAGES);
}

extern "C" char* dngettext(const char* domain, const char* text, const char* plural,
                           unsigned long count) noexcept {
  return ::dcngettext(domain, text, plural, count, LC_MESSAGES);
}

extern "C" char* ngettext(const char* text, const char* plural, unsigned long count) noexcept {
  return ::dcngettext(nullptr, text, plural, count, LC_MESSAGES);
}
