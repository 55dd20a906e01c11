// MessageCatalogs: textdomain(), bindtextdomain() and bind_textdomain_codeset() for one thread.
// libc has one default domain, and one directory and encoding for each domain, for the whole
// process: two applications, or two versions of one, whose domains have the same name would read
// each other's translations.
//
// Owner: a ScriptThread, which resets it when the request ends. Thread: that worker; the names are
// shared by all.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tusk::php::libc {

// The catalogs stay libc's. When a thread binds a domain, the domain is bound in libc under another
// name of the same file: "./app", ".//app", "././app" ... Each name stands for one (domain,
// directory, encoding), which is bound once, for all threads. There may be kBindings of them: libc
// forgets none, and searches all of them for each new one.
class MessageCatalogs {
 public:
  static constexpr std::size_t kBindings = 1024;

  // These do what the functions of libc do; null only asks. The result is valid until the domain is
  // bound again.
  const char* set_domain(const char* domain);
  const char* bind(const char* domain, const char* directory);
  const char* bind_codeset(const char* domain, const char* codeset);

  // The name under which libc knows `domain` of this thread. Null stands for the default domain.
  const char* name_for_libc(const char* domain);

  bool changed() const { return domain_.has_value() || !bindings_.empty(); }
  void reset() noexcept;

  // put_back() goes back to what was set at keep().
  void keep();
  void put_back();

  // Applies the thread's settings to the process. For a process that has only this thread.
  void apply_to_process() const;

 private:
  struct Binding {
    std::optional<std::string> directory;
    std::optional<std::string> codeset;
    std::string name;  // empty: not looked up yet
  };

  std::optional<std::string> domain_;
  using Bindings = std::map<std::string, Binding, std::less<>>;
  Bindings bindings_;

  std::optional<std::string> kept_domain_;
  Bindings kept_bindings_;
  bool touched_ = false;  // since keep() or put_back()
};

}  // namespace tusk::php::libc
