// ThreadLocale: setlocale() for one thread, with uselocale().
//
// Owner: a ScriptThread, which resets it when the request ends. Thread: that worker.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <locale.h>

namespace tusk::php::libc {

// Every function of libc that depends on a locale looks at the thread's own first. The results of
// setlocale() are the same as libc's: names, combined names of several categories, null for a
// locale that does not exist. Until a locale is set, the thread has the process's.
class ThreadLocale {
 public:
  ThreadLocale() = default;
  ~ThreadLocale();
  ThreadLocale(const ThreadLocale&) = delete;
  ThreadLocale& operator=(const ThreadLocale&) = delete;

  // Does what setlocale() does. The result is valid until the next call.
  char* set(int category, const char* name);

  bool is_set() const { return locale_ != nullptr; }
  void reset();

  // put_back() goes back to the locale that was set at keep().
  void keep();
  void put_back();

  // Applies the thread's locale to the process. For a process that has only this thread.
  void apply_to_process();

 private:
  static constexpr int kCategories = LC_IDENTIFICATION + 1;  // LC_ALL, in the middle, stays empty
  using Names = std::array<std::string, kCategories>;

  Names current_names() const;
  static std::optional<Names> parse(int category, std::string_view name, Names names);
  bool use(const Names& names, const Names& before);
  locale_t make(const Names& names, const Names& before) const;
  void remember(const Names& names, locale_t locale);
  char* describe(int category);

  // Locales that were used before: most requests that set a locale set the same one, and making it
  // opens files. (newlocale() also leaks some bytes each time when LOCPATH is set.)
  struct Known {
    Names names;
    locale_t locale;
  };
  std::vector<Known> known_;

  locale_t locale_ = nullptr;  // one of the known ones, while a locale is set
  Names names_;
  std::string combined_;

  locale_t kept_ = nullptr;  // one of the known ones, or null
  Names kept_names_;
};

}  // namespace tusk::php::libc
