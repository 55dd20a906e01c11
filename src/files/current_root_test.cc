#include "files/current_root.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "files/temp_tree.h"

namespace tusk::files {
namespace {

namespace fs = std::filesystem;

class CurrentRootTest : public ::testing::Test {
 protected:
  CurrentRootTest() {
    for (const char* const release : {"1", "2"}) {
      fs::create_directories(tree_.top() / "releases" / release / "public");
      std::ofstream(tree_.top() / "releases" / release / "public/a.txt") << release;
    }
    switch_to("1");
  }

  // Atomically, as deployments do.
  void switch_to(const std::string& release) const {
    fs::create_symlink("releases/" + release, tree_.top() / "new");
    fs::rename(tree_.top() / "new", tree_.top() / "current");
  }
  std::string real(const std::string& release) const {
    return fs::canonical(tree_.top() / "releases" / release).string();
  }
  CurrentRoot open(const fs::path& path) const {
    auto root = CurrentRoot::open(path.string());
    EXPECT_TRUE(root) << root.error().message;
    return std::move(*root);
  }

  TempTree tree_;
};

TEST_F(CurrentRootTest, ASwitchTakesEffectAtTheNextCall) {
  CurrentRoot root = open(tree_.top() / "current");
  EXPECT_TRUE(root.follows_link());
  EXPECT_EQ(root.get().path(), real("1"));
  const std::uint64_t generation = root.generation();
  EXPECT_EQ(root.get().path(), real("1"));
  EXPECT_EQ(root.generation(), generation);
  switch_to("2");
  EXPECT_EQ(root.get().path(), real("2"));
  EXPECT_NE(root.generation(), generation);
  switch_to("1");
  EXPECT_EQ(root.get().path(), real("1"));
}

TEST_F(CurrentRootTest, ALinkOnTheWayCounts) {
  CurrentRoot root = open(tree_.top() / "current/public/");
  EXPECT_EQ(root.get().path(), real("1") + "/public");
  EXPECT_EQ(root.get().find("/a.txt").outcome, LookupOutcome::kFile);
  switch_to("2");
  EXPECT_EQ(root.get().path(), real("2") + "/public");
}

TEST_F(CurrentRootTest, WhileThereIsNothingTheLastOneIsServed) {
  CurrentRoot root = open(tree_.top() / "current");
  fs::remove(tree_.top() / "current");
  EXPECT_EQ(root.get().path(), real("1"));
  EXPECT_EQ(root.get().find("/public/a.txt").outcome, LookupOutcome::kFile);
  switch_to("2");
  EXPECT_EQ(root.get().path(), real("2"));
}

TEST_F(CurrentRootTest, ADirectoryWithoutLinksIsItself) {
  const std::string path = real("1");
  CurrentRoot root = open(path + "//");
  EXPECT_FALSE(root.follows_link());
  EXPECT_EQ(root.configured_path(), path);
  EXPECT_EQ(root.get().path(), path);
  EXPECT_EQ(open("/").get().path(), "");
}

TEST_F(CurrentRootTest, WhatIsNoDirectoryIsRefused) {
  EXPECT_FALSE(CurrentRoot::open((tree_.top() / "nothing").string()));
  EXPECT_FALSE(CurrentRoot::open((tree_.top() / "releases/1/public/a.txt").string()));
  EXPECT_FALSE(CurrentRoot::open(""));
}

}  // namespace
}  // namespace tusk::files
