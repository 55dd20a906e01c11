// CurrentRoot: the document root that a configured path leads to now.
//
// Deployments switch a symbolic link (current -> releases/42). What is served then must be all of
// the new release from the next request on, and each response of one release only. So the path is
// followed once, and everything is looked up in the directory that it led to: files through its
// descriptor, scripts by its real path, which is also what PHP's realpath cache and OPcache know
// them by. A path that was switched is another DocumentRoot.
//
// Owner: what routes a request. Thread: the loop. get() makes one system call where the path has a
// symbolic link in it, else a few of them every kCheckEvery.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "files/document_root.h"

namespace tusk::files {

class CurrentRoot {
 public:
  // How long the replacement of a directory that is no link, or a new name of a release, may go
  // unnoticed.
  static constexpr base::Duration kCheckEvery = std::chrono::milliseconds(200);

  // `path` absolute. Fails as DocumentRoot::open does.
  static base::Result<CurrentRoot> open(std::string path,
                                        SymbolicLinks links = SymbolicLinks::kFollow);

  // Good until the next call. While the path leads nowhere (between the removal of a link and its
  // new making) it is the last one.
  const DocumentRoot& get() {
    if (may_have_changed()) look();
    return root_;
  }

  // Changes when get() has come to another directory.
  std::uint64_t generation() const noexcept { return generation_; }
  // As configured.
  const std::string& configured_path() const noexcept { return path_; }
  // Whether a switch is to be expected: there is a symbolic link in the path.
  bool follows_link() const noexcept { return root_.path() != path_; }

 private:
  struct Identity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    bool operator==(const Identity&) const = default;
  };

  CurrentRoot(std::string path, SymbolicLinks links, DocumentRoot root, Identity identity)
      : path_(std::move(path)), links_(links), root_(std::move(root)), identity_(identity) {}

  static base::Result<CurrentRoot> follow(const std::string& path, SymbolicLinks links);
  bool may_have_changed();
  void look();

  std::string path_;
  SymbolicLinks links_;  // below the root
  DocumentRoot root_;
  Identity identity_;
  std::uint64_t generation_ = 1;
  base::MonotonicTime checked_{};
  bool complained_ = false;
};

}  // namespace tusk::files
