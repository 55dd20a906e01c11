#include "php/environment_overlay.h"

#include <algorithm>

namespace tusk::php {

EnvironmentOverlay::Entry* EnvironmentOverlay::entry(std::string_view name) {
  const auto found = std::ranges::find(entries_, name, &Entry::name);
  return found == entries_.end() ? nullptr : &*found;
}

EnvironmentOverlay::Found EnvironmentOverlay::find(std::string_view name) {
  Entry* const found = entry(name);
  if (found == nullptr) return {};
  return {true, found->is_set() ? found->text.data() + found->name_length + 1 : nullptr};
}

void EnvironmentOverlay::set(std::string_view name, std::string_view value) {
  std::string text;
  text.reserve(name.size() + 1 + value.size());
  text.append(name).append("=").append(value);
  if (Entry* const found = entry(name); found != nullptr) {
    found->text = std::move(text);
  } else {
    entries_.push_back({std::move(text), name.size()});
  }
}

void EnvironmentOverlay::unset(std::string_view name) {
  if (Entry* const found = entry(name); found != nullptr) {
    found->text.resize(found->name_length);
  } else {
    entries_.push_back({std::string(name), name.size()});
  }
}

void EnvironmentOverlay::clear() {
  entries_.clear();
  merged_.clear();
}

char** EnvironmentOverlay::merge(char** process) {
  merged_.clear();
  for (char** at = process; at != nullptr && *at != nullptr; ++at) {
    const std::string_view text(*at);
    if (entry(text.substr(0, text.find('='))) == nullptr) merged_.push_back(*at);
  }
  for (Entry& own : entries_) {
    if (own.is_set()) merged_.push_back(own.text.data());
  }
  merged_.push_back(nullptr);
  return merged_.data();
}

}  // namespace tusk::php
