#include "php/libc/environment_overlay.h"

#include <algorithm>
#include <utility>

#include "observe/log.h"

namespace tusk::php::libc {

EnvironmentOverlay::Entry* EnvironmentOverlay::entry(std::string_view name) {
  const auto found = std::ranges::find(entries_, name, &Entry::name);
  return found == entries_.end() ? nullptr : &*found;
}

EnvironmentOverlay::Found EnvironmentOverlay::find(std::string_view name) {
  Entry* const found = entry(name);
  if (found == nullptr) return {};
  return {true, found->is_set() ? found->text.data() + found->name_length + 1 : nullptr};
}

bool EnvironmentOverlay::set(std::string_view name, std::string_view value,
                             std::size_t most_bytes) {
  Entry* const found = entry(name);
  const std::size_t added = name.size() + 1 + value.size() + kEntryBytes;
  const std::size_t freed = found != nullptr ? found->text.size() + kEntryBytes : 0;
  if (added > freed && bytes_ - freed + added > most_bytes) {
    if (!said_full_) {
      observe::warn("a script's environment is full: putenv() fails",
                    {{"bytes", bytes_}, {"limit", most_bytes}});
    }
    said_full_ = true;
    return false;
  }
  touched_ = true;
  bytes_ = bytes_ - freed + added;
  std::string text;
  text.reserve(name.size() + 1 + value.size());
  text.append(name).append("=").append(value);
  if (found != nullptr) {
    found->text = std::move(text);
  } else {
    entries_.push_back({std::move(text), name.size()});
  }
  return true;
}

void EnvironmentOverlay::unset(std::string_view name) {
  forget(name);
  touched_ = true;
  entries_.push_back({std::string(name), name.size()});
  bytes_ += name.size() + kEntryBytes;
}

void EnvironmentOverlay::forget(std::string_view name) {
  const auto found = std::ranges::find(entries_, name, &Entry::name);
  if (found == entries_.end()) return;
  touched_ = true;
  bytes_ -= found->text.size() + kEntryBytes;
  entries_.erase(found);
}

void EnvironmentOverlay::clear() {
  entries_.clear();
  merged_.clear();
  kept_.clear();
  bytes_ = 0;
  said_full_ = false;
}

void EnvironmentOverlay::keep() {
  kept_ = entries_;
  touched_ = false;
}

// An entry that has not changed stays where it is: a library may have kept what getenv() returned.
void EnvironmentOverlay::put_back() {
  if (!touched_) return;
  touched_ = false;
  said_full_ = false;
  const auto same = [](const Entry& left) {
    return [&left](const Entry& right) {
      return left.text == right.text && left.name_length == right.name_length;
    };
  };
  std::erase_if(entries_,
                [&](const Entry& each) { return std::ranges::none_of(kept_, same(each)); });
  for (const Entry& each : kept_) {
    if (std::ranges::none_of(entries_, same(each))) entries_.push_back(each);
  }
  bytes_ = 0;
  for (const Entry& each : entries_) bytes_ += each.text.size() + kEntryBytes;
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

}  // namespace tusk::php::libc
