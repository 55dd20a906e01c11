// EnvironmentOverlay: what a script has changed of the environment: variables that were set, and
// such that were unset, over those of the process.
//
// Owner: a ScriptThread; emptied when the request ends. Thread: that worker.
#pragma once

#include <cstddef>
#include <limits>
#include <list>
#include <string>
#include <string_view>
#include <vector>

namespace tusk::php::libc {

class EnvironmentOverlay {
 public:
  struct Found {
    bool known = false;     // the script changed it
    char* value = nullptr;  // null: the script unset it
  };

  Found find(std::string_view name);
  // False: all together would hold more than `most_bytes`, and nothing has changed. The log says so
  // once for each request.
  bool set(std::string_view name, std::string_view value,
           std::size_t most_bytes = std::numeric_limits<std::size_t>::max());
  void unset(std::string_view name);
  // As if it had never been set or unset.
  void forget(std::string_view name);

  bool empty() const { return entries_.empty(); }
  void clear();

  // The whole environment, as execve() wants it: that of `process` with the changes. Valid until
  // the next change.
  char** merge(char** process);

 private:
  struct Entry {
    std::string text;  // "NAME=value", or "NAME" of one that is unset
    std::size_t name_length;

    std::string_view name() const { return {text.data(), name_length}; }
    bool is_set() const { return text.size() > name_length; }
  };
  // Of an entry beside its text.
  static constexpr std::size_t kEntryBytes = 128;

  Entry* entry(std::string_view name);

  std::list<Entry> entries_;  // getenv() hands out pointers into them, so they stay where they are
  std::size_t bytes_ = 0;
  bool said_full_ = false;
  std::vector<char*> merged_;
};

}  // namespace tusk::php::libc
