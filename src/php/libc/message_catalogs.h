// MessageCatalogs: textdomain(), bindtextdomain() and bind_textdomain_codeset() for one thread.
// libc has one default domain, and one directory and encoding for each domain, for the process: two
// applications, or two versions of one, that name their domain alike would read one another's
// translations.
//
// Catalogs stay libc's. Where a thread binds a domain, it asks libc by another name of the same
// file:
// "./app", ".//app", "././app" ... each stands for one (domain, directory, encoding), which libc is
// told once, and for all threads. There may be kBindings of them: libc forgets none, and goes
// through all of them for each new one.
//
// Owner: a ScriptThread; reset when the request ends. Thread: that worker; the names are of all.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tusk::php::libc {

class MessageCatalogs {
 public:
  static constexpr std::size_t kBindings = 1024;

  // As the functions of libc; null asks. The result is good until the domain is bound again.
  const char* set_domain(const char* domain);
  const char* bind(const char* domain, const char* directory);
  const char* bind_codeset(const char* domain, const char* codeset);

  // The domain by which libc knows what `domain` is here; null: the default domain.
  const char* name_for_libc(const char* domain);

  bool changed() const { return domain_.has_value() || !bindings_.empty(); }
  void reset() noexcept;
  // The process takes the thread's settings: for one that has only this thread.
  void give_to_process() const;

 private:
  struct Binding {
    std::optional<std::string> directory;
    std::optional<std::string> codeset;
    std::string name;  // empty: not asked for yet
  };

  std::optional<std::string> domain_;
  std::map<std::string, Binding, std::less<>> bindings_;
};

}  // namespace tusk::php::libc
