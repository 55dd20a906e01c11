#include "config/option_table.h"

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "config/options/sections.h"

namespace tusk::config {
namespace {

std::vector<Option> join_sections() {
  std::vector<Option> table;
  for (const auto& section :
       {options::serving(), options::tls(), options::routing(), options::php(), options::workers(),
        options::worker_confinement(), options::connections(), options::messages(),
        options::files(), options::logging(), options::development()}) {
    table.insert(table.end(), section.begin(), section.end());
  }
  return table;
}

const std::vector<Option>& table() {
  static const std::vector<Option> joined = join_sections();
  return joined;
}

template <class Predicate>
const Option* find_option(Predicate matches) {
  const auto found = std::ranges::find_if(table(), matches);
  return found == table().end() ? nullptr : &*found;
}

bool is_same_key(std::string_view key, std::string_view name) {
  return std::ranges::equal(key, name, [](char written, char known) {
    const auto plain = [](char each) { return each == '-' ? '_' : each; };
    return plain(written) == plain(known);
  });
}

}  // namespace

std::span<const Option> option_table() { return table(); }

std::size_t index_of(const Option& option) {
  const std::ptrdiff_t index = &option - table().data();
  TUSK_CHECK(index >= 0 && index < std::ssize(table()));
  return static_cast<std::size_t>(index);
}

const Option* find_by_name(std::string_view name) {
  return find_option([&](const Option& option) { return option.name == name; });
}

const Option* find_by_flag(std::string_view flag) {
  return find_option([&](const Option& option) { return option.flag == flag; });
}

const Option* find_by_short_flag(char flag) {
  return find_option(
      [&](const Option& option) { return option.short_flag != '\0' && option.short_flag == flag; });
}

const Option* find_by_environment(std::string_view environment) {
  return find_option([&](const Option& option) { return option.environment == environment; });
}

const Option* find_by_key(std::string_view key) {
  return find_option([&](const Option& option) {
    return is_same_key(key, option.name) ||
           (option.type != Type::kDirectives && is_same_key(key, option.flag));
  });
}

const Option& option_named(std::string_view name) {
  const Option* option = find_by_name(name);
  TUSK_CHECK(option != nullptr);
  return *option;
}

}  // namespace tusk::config
