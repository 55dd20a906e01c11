// TempTree: a temporary document root for a test.
//
// For unit tests only. Thread: one.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/test_directory.h"
#include "files/document_root.h"

namespace tusk::files {

// A document root for one test, in a directory of its own, which is removed with its contents.
class TempTree {
 public:
  TempTree() : top_(directory_.path()) { std::filesystem::create_directory(top_ / "root"); }
  TempTree(const TempTree&) = delete;
  TempTree& operator=(const TempTree&) = delete;

  // The parent of the root: what must stay out of reach.
  const std::filesystem::path& top() const { return top_; }
  std::filesystem::path root() const { return top_ / "root"; }

  // `name` relative to the root; "../x" is beside it.
  void write(std::string_view name, std::string_view content = "content") const {
    const std::filesystem::path path = root() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
  }
  void make_directory(std::string_view name) const {
    std::filesystem::create_directories(root() / name);
  }
  void link(std::string_view target, std::string_view name) const {
    std::filesystem::create_symlink(target, root() / name);
  }

  // When it was last written to, in seconds since 1970.
  void set_modified(std::string_view name, std::int64_t seconds, long nanoseconds = 0) const {
    const timespec time{.tv_sec = seconds, .tv_nsec = nanoseconds};
    const timespec times[] = {time, time};
    EXPECT_EQ(::utimensat(AT_FDCWD, (root() / name).c_str(), times, 0), 0);
  }

  DocumentRoot open(SymbolicLinks links = SymbolicLinks::kFollow,
                    Audience audience = Audience::kClients) const {
    auto opened = DocumentRoot::open(root().string(), links, audience);
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }

 private:
  base::TestDirectory directory_;
  std::filesystem::path top_;
};

}  // namespace tusk::files
