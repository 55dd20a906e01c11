#include "php/libc/thread_locale.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "php/libc/libc_function.h"
#include "php/script_thread.h"

namespace tusk::php::libc {

namespace {

constexpr std::size_t kKnownLocales = 8;

struct Category {
  int number;
  int mask;
  const char* name;
};

// In the order in which libc combines them.
constexpr Category kCategoryList[] = {
    {LC_CTYPE, LC_CTYPE_MASK, "LC_CTYPE"},
    {LC_NUMERIC, LC_NUMERIC_MASK, "LC_NUMERIC"},
    {LC_TIME, LC_TIME_MASK, "LC_TIME"},
    {LC_COLLATE, LC_COLLATE_MASK, "LC_COLLATE"},
    {LC_MONETARY, LC_MONETARY_MASK, "LC_MONETARY"},
    {LC_MESSAGES, LC_MESSAGES_MASK, "LC_MESSAGES"},
    {LC_PAPER, LC_PAPER_MASK, "LC_PAPER"},
    {LC_NAME, LC_NAME_MASK, "LC_NAME"},
    {LC_ADDRESS, LC_ADDRESS_MASK, "LC_ADDRESS"},
    {LC_TELEPHONE, LC_TELEPHONE_MASK, "LC_TELEPHONE"},
    {LC_MEASUREMENT, LC_MEASUREMENT_MASK, "LC_MEASUREMENT"},
    {LC_IDENTIFICATION, LC_IDENTIFICATION_MASK, "LC_IDENTIFICATION"},
};

decltype(::setlocale)* process_setlocale() noexcept {
  static const auto function = libc_function<decltype(::setlocale)>("setlocale");
  return function;
}

std::string& name_of(auto& names, int category) {
  return names[static_cast<std::size_t>(category)];
}

// The meaning of "" (POSIX, "Internationalization Variables") in the script's environment.
std::string from_environment(const Category& category) {
  for (const char* const variable : {"LC_ALL", category.name, "LANG"}) {
    const char* const value = ::getenv(variable);
    if (value != nullptr && *value != '\0') return value;
  }
  return "C";
}

std::string usual_name(const Category& category, std::string_view given) {
  std::string name = given.empty() ? from_environment(category) : std::string(given);
  return name == "POSIX" ? "C" : name;
}

// The value of `key` in "LC_CTYPE=a;LC_NUMERIC=b".
std::optional<std::string_view> combined_value(std::string_view combined, std::string_view key) {
  while (!combined.empty()) {
    const std::size_t end = std::min(combined.find(';'), combined.size());
    const std::string_view part = combined.substr(0, end);
    if (part.starts_with(key) && part.substr(key.size()).starts_with('=')) {
      return part.substr(key.size() + 1);
    }
    combined.remove_prefix(std::min(end + 1, combined.size()));
  }
  return std::nullopt;
}

}  // namespace

ThreadLocale::Names ThreadLocale::current_names() const {
  if (is_set()) return names_;
  Names names;
  for (const Category& category : kCategoryList) {
    name_of(names, category.number) = process_setlocale()(category.number, nullptr);
  }
  return names;
}

// `names` with the change that setlocale(category, name) asks for. None: the name is malformed.
std::optional<ThreadLocale::Names> ThreadLocale::parse(int category, std::string_view name,
                                                       Names names) {
  const bool combined = name.find(';') != std::string_view::npos;
  if (combined && category != LC_ALL) return std::nullopt;
  for (const Category& each : kCategoryList) {
    if (category != LC_ALL && category != each.number) continue;
    std::string_view value = name;
    if (combined) {
      const auto found = combined_value(name, each.name);
      if (!found) return std::nullopt;
      value = *found;
    }
    name_of(names, each.number) = usual_name(each, value);
  }
  return names;
}

ThreadLocale::~ThreadLocale() {
  reset();
  for (const Known& known : known_) ::freelocale(known.locale);
}

// Null: one of the names does not exist.
locale_t ThreadLocale::make(const Names& names, const Names& before) const {
  locale_t made = ::duplocale(is_set() ? locale_ : LC_GLOBAL_LOCALE);
  if (made == nullptr) return nullptr;
  for (const Category& category : kCategoryList) {
    const std::string& name = names[static_cast<std::size_t>(category.number)];
    if (name == before[static_cast<std::size_t>(category.number)]) continue;
    const locale_t next = ::newlocale(category.mask, name.c_str(), made);
    if (next == nullptr) {
      ::freelocale(made);
      return nullptr;
    }
    made = next;
  }
  return made;
}

void ThreadLocale::remember(const Names& names, locale_t locale) {
  if (known_.size() == kKnownLocales) {
    std::erase_if(known_, [this](const Known& known) {
      if (known.locale == locale_ || known.locale == kept_) return false;
      ::freelocale(known.locale);
      return true;
    });
  }
  known_.push_back({names, locale});
}

// False: nothing has changed.
bool ThreadLocale::use(const Names& names, const Names& before) {
  const auto known = std::ranges::find(known_, names, &Known::names);
  locale_t locale = nullptr;
  if (known != known_.end()) {
    locale = known->locale;
  } else {
    locale = make(names, before);
    if (locale == nullptr) return false;
    remember(names, locale);
  }
  ::uselocale(locale);
  locale_ = locale;
  return true;
}

char* ThreadLocale::set(int category, const char* name) {
  if (category < 0 || category >= kCategories) {
    errno = EINVAL;
    return nullptr;
  }
  if (name == nullptr) {
    return is_set() ? describe(category) : process_setlocale()(category, nullptr);
  }
  const Names before = current_names();
  std::optional<Names> names = parse(category, name, before);
  if (!names || !use(*names, before)) return nullptr;
  names_ = std::move(*names);
  return describe(category);
}

char* ThreadLocale::describe(int category) {
  if (category != LC_ALL) return name_of(names_, category).data();
  const std::string& first = names_[LC_CTYPE];
  combined_.clear();
  bool same = true;
  for (const Category& each : kCategoryList) {
    const std::string& name = name_of(names_, each.number);
    same = same && name == first;
    if (!combined_.empty()) combined_ += ';';
    combined_.append(each.name).append("=").append(name);
  }
  if (same) combined_ = first;
  return combined_.data();
}

void ThreadLocale::reset() {
  kept_ = nullptr;
  if (!is_set()) return;
  ::uselocale(LC_GLOBAL_LOCALE);
  locale_ = nullptr;
}

void ThreadLocale::keep() {
  kept_ = locale_;
  kept_names_ = names_;
}

void ThreadLocale::put_back() {
  if (locale_ == kept_) return;
  ::uselocale(kept_ != nullptr ? kept_ : LC_GLOBAL_LOCALE);
  locale_ = kept_;
  names_ = kept_names_;
}

void ThreadLocale::apply_to_process() {
  if (!is_set()) return;
  const Names names = names_;
  reset();
  for (const Category& category : kCategoryList) {
    process_setlocale()(category.number, names[static_cast<std::size_t>(category.number)].c_str());
  }
}

}  // namespace tusk::php::libc

extern "C" char* setlocale(int category, const char* name) noexcept {
  using tusk::php::ScriptThread;
  ScriptThread* const thread = ScriptThread::current();
  if (thread != nullptr) return thread->locale.set(category, name);
  return tusk::php::libc::process_setlocale()(category, name);
}
