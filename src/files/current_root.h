// CurrentRoot: the document root that a configured path leads to at the moment.
//
// Owner: the component that routes requests. Thread: its loop.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "files/document_root.h"

namespace tusk::files {

// Deployments switch a symbolic link (current -> releases/42). From the next request on everything
// must come from the new release, and each response from one release only. So the path is resolved
// once, and everything is looked up in the resulting directory: files through its descriptor,
// scripts by its real path, by which PHP's realpath cache and OPcache also know them. After a
// switch the DocumentRoot is another one.
class CurrentRoot {
 public:
  // How long it may take to notice that a directory was replaced without a link, or that a release
  // was renamed.
  static constexpr base::Duration kCheckEvery = std::chrono::milliseconds(200);

  // Whether another directory is served when the path leads to one. Where code is preloaded,
  // another process does that, whose code is of the other directory, too.
  enum class Switches { kFollow, kIgnore };

  // `path` absolute. Fails as DocumentRoot::open does.
  static base::Result<CurrentRoot> open(std::string path,
                                        SymbolicLinks links = SymbolicLinks::kFollow,
                                        Switches switches = Switches::kFollow);

  // Valid until the next call. It makes one system call if the path contains a symbolic link,
  // otherwise a few every kCheckEvery. While the path leads nowhere (between the removal of a link
  // and its replacement) it returns the last root.
  const DocumentRoot& get() {
    if (switches_ == Switches::kFollow && may_have_changed()) look();
    return root_;
  }

  // Changes when get() returns another directory.
  std::uint64_t generation() const noexcept { return generation_; }
  // The path in the configuration.
  const std::string& configured_path() const noexcept { return path_; }
  // Whether the path contains a symbolic link, so that a switch can be expected.
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
  SymbolicLinks links_;  // for links below the root
  Switches switches_ = Switches::kFollow;
  DocumentRoot root_;
  Identity identity_;
  std::uint64_t generation_ = 1;
  base::MonotonicTime checked_{};
  bool warned_ = false;
};

}  // namespace tusk::files
