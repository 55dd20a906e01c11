// ListFile: the file of a PreloadList, which all processes of tusk that serve a site share.
//
// Owner: its user, for as long as it has the lock. Thread: any.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "php/preload/list/preload_list.h"

namespace tusk::php::preload::inline list {

// Files are compiled that the list names, so it is refused if another user could have written it.
// A process that changes the list holds the lock on a file beside it; a reader sees the list before
// a change or after it.
class ListFile {
 public:
  // Makes the directory and takes the lock. Nothing: another process has it all the time.
  static base::Result<ListFile> lock(const std::string& path, base::Duration patience);

  // Whose list may be read: only one that compiles its files must be of this user.
  enum class Owner { kThisUser, kAny };

  // Without a lock; an empty list if there is no file.
  static base::Result<PreloadList> read(const std::string& path, Owner owner);

  base::Result<PreloadList> read() const { return read(path_, Owner::kThisUser); }
  base::Result<void> write(const PreloadList& list) const;

 private:
  ListFile(std::string path, base::UniqueFd lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  base::UniqueFd lock_;
};

}  // namespace tusk::php::preload::inline list
