// EnvironmentOverlay: the environment of a script.
//
// Owner: a ScriptThread, which empties it when the request ends. Thread: that worker.
#pragma once

#include <cstddef>
#include <limits>
#include <list>
#include <string>
#include <string_view>
#include <vector>

namespace tusk::php::libc {

// A script's changes to the environment: variables that it has set and unset, on top of those of
// the process.
class EnvironmentOverlay {
 public:
  struct Found {
    bool known = false;     // the script has changed it
    char* value = nullptr;  // null: the script has unset it
  };

  Found find(std::string_view name);
  // False: all changes together would hold more than `most_bytes`, so nothing was changed. That is
  // logged once per request.
  bool set(std::string_view name, std::string_view value,
           std::size_t most_bytes = std::numeric_limits<std::size_t>::max());
  void unset(std::string_view name);
  // Removes the script's change, as if the variable had never been set or unset.
  void forget(std::string_view name);

  bool empty() const { return entries_.empty(); }
  void clear();

  // put_back() goes back to the changes that there were at keep(). Costs nothing if there was none
  // meanwhile.
  void keep();
  void put_back();

  // The whole environment as execve() takes it: `process` with the changes. Valid until the next
  // change.
  char** merge(char** process);

 private:
  struct Entry {
    std::string text;  // "NAME=value", or "NAME" of an unset variable
    std::size_t name_length;

    std::string_view name() const { return {text.data(), name_length}; }
    bool is_set() const { return text.size() > name_length; }
  };
  // The memory of an entry besides its text.
  static constexpr std::size_t kEntryBytes = 128;

  Entry* entry(std::string_view name);

  std::list<Entry> entries_;  // a list, because getenv() hands out pointers into the entries
  std::size_t bytes_ = 0;
  std::list<Entry> kept_;
  bool touched_ = false;  // since keep() or put_back()
  bool said_full_ = false;
  std::vector<char*> merged_;
};

}  // namespace tusk::php::libc
