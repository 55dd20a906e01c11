#include "php/preload/list/selection.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace tusk::php::preload::inline list {

namespace {

using Owners = std::map<std::string, std::vector<const std::string*>, std::less<>>;

// PHP compares names without regard to the case of ASCII letters.
std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) {
    return c < 0x80 ? static_cast<char>(std::tolower(c)) : static_cast<char>(c);
  });
  return text;
}

Owners owners_of_names(const Facts& facts) {
  Owners owners;
  for (const auto& [path, file] : facts) {
    std::set<std::string> own;
    for (const std::string& name : file.names)
      if (own.insert(lower(name)).second) owners[lower(name)].push_back(&path);
  }
  return owners;
}

std::string rival(const Owners& owners, const std::string& path, const FileFacts& facts) {
  for (const std::string& name : facts.names) {
    for (const std::string* const owner : owners.at(lower(name)))
      if (*owner != path) return name + " is declared in " + *owner + ", too";
  }
  return {};
}

std::string first_reason(const PreloadList& list, const ListedFile& file, const std::string& path,
                         const Facts& facts, const Reasons& refused, const Owners& owners) {
  if (file.is_entry) return "a request's own script";
  const auto known = facts.find(path);
  if (known == facts.end()) return "it was not looked at";
  if (!known->second.obstacle.empty()) return known->second.obstacle;
  if (known->second.names.empty()) return "it declares no class and no function";
  if (file.hits * kRarest < list.samples) return "requests seldom use it";
  if (const auto found = refused.find(path); found != refused.end()) return found->second;
  return rival(owners, path, known->second);
}

// One that is needed and not there; empty: all are.
std::string missing(const FileFacts& facts, const std::set<std::string>& there) {
  for (const std::string& name : facts.needs)
    if (!there.contains(name)) return name;
  return {};
}

std::set<std::string> names_of_chosen(const PreloadList& list) {
  std::set<std::string> names;
  for (const auto& [path, file] : list.files) {
    if (file.state != FileState::kPreloaded) continue;
    for (const std::string& name : file.names) names.insert(lower(name));
  }
  return names;
}

}  // namespace

void choose(PreloadList& list, const Facts& facts, const Reasons& refused) {
  const Owners owners = owners_of_names(facts);
  for (auto& [path, file] : list.files) {
    const auto known = facts.find(path);
    file.names = known == facts.end() ? std::vector<std::string>() : known->second.names;
    file.reason = first_reason(list, file, path, facts, refused, owners);
    file.state = file.reason.empty() ? FileState::kPreloaded : FileState::kLeftOut;
  }
  // Each file that is left out may take away what another one needs.
  for (bool changed = true; changed;) {
    changed = false;
    const std::set<std::string> there = names_of_chosen(list);
    for (auto& [path, file] : list.files) {
      if (file.state != FileState::kPreloaded) continue;
      const std::string name = missing(facts.at(path), there);
      if (name.empty()) continue;
      file.state = FileState::kLeftOut;
      file.reason = "it needs " + name + ", which is not preloaded";
      changed = true;
    }
  }
}

}  // namespace tusk::php::preload::inline list
