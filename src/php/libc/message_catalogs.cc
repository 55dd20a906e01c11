#include "php/libc/message_catalogs.h"

#include <tuple>

#include <libintl.h>

#include "base/guarded.h"
#include "observe/log.h"
#include "php/libc/libc_function.h"

namespace tusk::php::libc {

namespace {

constexpr const char* kUsualDomain = "messages";
// A name that no file has.
constexpr const char* kNoDomain = "/dev/null/none";

char* process_bindtextdomain(const char* domain, const char* directory) noexcept {
  static const auto next = libc_function<decltype(::bindtextdomain)>("bindtextdomain");
  return next(domain, directory);
}

char* process_codeset(const char* domain, const char* codeset) noexcept {
  static const auto next =
      libc_function<decltype(::bind_textdomain_codeset)>("bind_textdomain_codeset");
  return next(domain, codeset);
}

// Domain, directory and encoding (empty: the locale's), and the name under which libc knows them.
using Names = std::map<std::tuple<std::string, std::string, std::string>, std::string>;

base::Guarded<Names>& names() {
  static auto& names = *new base::Guarded<Names>;
  return names;
}

// Returns another name for the file of `domain` for each number: its binary digits, as "./" and
// ".//".
std::string other_name(std::string_view domain, std::size_t number) {
  std::string name;
  for (++number; number != 0; number /= 2) name += number % 2 == 0 ? "./" : ".//";
  return name.append(domain);
}

std::string name_of(const std::string& domain, const std::string& directory,
                    const std::string& codeset) {
  const auto known = names().lock();
  std::string& name = (*known)[{domain, directory, codeset}];
  if (!name.empty()) return name;
  if (known->size() > MessageCatalogs::kBindings) {
    known->erase({domain, directory, codeset});
    observe::warn("too many translations are bound: ignoring those of this directory",
                  {{"domain", domain}, {"directory", directory}});
    return kNoDomain;
  }
  name = other_name(domain, known->size());
  process_bindtextdomain(name.c_str(), directory.c_str());
  if (!codeset.empty()) process_codeset(name.c_str(), codeset.c_str());
  return name;
}

}  // namespace

const char* MessageCatalogs::set_domain(const char* domain) {
  touched_ = touched_ || domain != nullptr;
  if (domain != nullptr) domain_ = *domain == '\0' ? kUsualDomain : domain;
  return domain_ ? domain_->c_str() : kUsualDomain;
}

const char* MessageCatalogs::bind(const char* domain, const char* directory) {
  if (domain == nullptr || *domain == '\0') return nullptr;
  auto found = bindings_.find(domain);
  if (directory != nullptr) {
    touched_ = true;
    if (found == bindings_.end()) found = bindings_.try_emplace(domain).first;
    found->second.directory = directory;
    found->second.name.clear();
  }
  if (found != bindings_.end() && found->second.directory) return found->second.directory->c_str();
  return process_bindtextdomain(domain, nullptr);
}

const char* MessageCatalogs::bind_codeset(const char* domain, const char* codeset) {
  if (domain == nullptr || *domain == '\0') return nullptr;
  auto found = bindings_.find(domain);
  if (codeset != nullptr) {
    touched_ = true;
    if (found == bindings_.end()) found = bindings_.try_emplace(domain).first;
    found->second.codeset = codeset;
    found->second.name.clear();
  }
  if (found != bindings_.end() && found->second.codeset) return found->second.codeset->c_str();
  return process_codeset(domain, nullptr);
}

const char* MessageCatalogs::name_for_libc(const char* domain) {
  if (domain == nullptr) {
    if (!domain_) return nullptr;
    domain = domain_->c_str();
  }
  if (bindings_.empty()) return domain;
  const auto found = bindings_.find(std::string_view(domain));
  if (found == bindings_.end()) return domain;
  Binding& binding = found->second;
  if (binding.name.empty()) {
    binding.name =
        name_of(found->first,
                binding.directory ? *binding.directory : process_bindtextdomain(domain, nullptr),
                binding.codeset.value_or(""));
  }
  return binding.name.c_str();
}

void MessageCatalogs::reset() noexcept {
  domain_.reset();
  bindings_.clear();
  kept_domain_.reset();
  kept_bindings_.clear();
  touched_ = false;
}

void MessageCatalogs::keep() {
  kept_domain_ = domain_;
  kept_bindings_ = bindings_;
  touched_ = false;
}

void MessageCatalogs::put_back() {
  if (!touched_) return;
  touched_ = false;
  domain_ = kept_domain_;
  bindings_ = kept_bindings_;
}

void MessageCatalogs::apply_to_process() const {
  static const auto set_domain = libc_function<decltype(::textdomain)>("textdomain");
  if (domain_) set_domain(domain_->c_str());
  for (const auto& [domain, binding] : bindings_) {
    if (binding.directory) process_bindtextdomain(domain.c_str(), binding.directory->c_str());
    if (binding.codeset) process_codeset(domain.c_str(), binding.codeset->c_str());
  }
}

}  // namespace tusk::php::libc
