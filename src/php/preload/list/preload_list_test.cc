#include "php/preload/list/preload_list.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "base/test_directory.h"

namespace tusk::php::preload {
namespace {

Sample sample(std::uint64_t requests, const std::string& path, std::uint64_t hits,
              bool is_entry = false) {
  return {.requests = requests, .files = {{path, {.hits = hits, .is_entry = is_entry}}}};
}

TEST(PreloadList, IsTheSameAfterItWasWritten) {
  PreloadList list;
  list.base = "/srv/releases/1";
  list.samples = 9;
  list.files["/srv/releases/1/a'\n\\.php"] = {.hits = 7,
                                              .is_entry = true,
                                              .state = FileState::kLeftOut,
                                              .reason = "a reason",
                                              .names = {"App\\A", "b()"},
                                              .memory_bytes = 100,
                                              .modified_ns = -1,
                                              .size_bytes = 5};
  const auto read = from_json(to_json(list));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->base, list.base);
  EXPECT_EQ(read->samples, list.samples);
  EXPECT_EQ(read->files, list.files);
}

TEST(PreloadList, WhatIsNoListIsAnError) {
  for (const char* const text : {"", "x", "[]", "{}", R"({"format":2})",
                                 R"({"format":1,"base":"","samples":"x","files":[]})",
                                 R"({"format":1,"base":"","samples":1,"files":[{"path":"/a"}]})"})
    EXPECT_FALSE(from_json(text)) << text;
}

TEST(PreloadList, ARelativePathIsNotTakenOver) {
  PreloadList list;
  list.files["a.php"] = {};
  list.files["/b.php"] = {};
  const auto read = from_json(to_json(list));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->files.size(), 1U);
}

TEST(PreloadList, CountsUses) {
  PreloadList list;
  list.add(sample(3, "/a.php", 2), "");
  list.add(sample(1, "/a.php", 1, true), "");
  EXPECT_EQ(list.samples, 4U);
  EXPECT_EQ(list.files["/a.php"].hits, 3U);
  EXPECT_TRUE(list.files["/a.php"].is_entry);
}

TEST(PreloadList, APreloadedFileIsUsedByEveryRequest) {
  PreloadList list;
  list.files["/a.php"] = {.hits = 1, .state = FileState::kPreloaded};
  list.add(sample(5, "/b.php", 1), "");
  EXPECT_EQ(list.files["/a.php"].hits, 6U);
  EXPECT_EQ(list.files["/b.php"].hits, 1U);
}

TEST(PreloadList, HasNoMoreFilesThanItsLimit) {
  PreloadList list;
  for (std::size_t i = 0; i < PreloadList::kMostFiles; ++i) list.files[std::to_string(i)] = {};
  list.add(sample(1, "/more.php", 1), "");
  EXPECT_EQ(list.files.size(), PreloadList::kMostFiles);
}

TEST(PreloadList, MovesToTheNextRelease) {
  PreloadList list;
  list.add(sample(1, "/srv/1/a.php", 1), "/srv/1");
  list.add(sample(1, "/lib/b.php", 1), "/srv/1");
  list.move_to("/srv/2");
  EXPECT_TRUE(list.files.contains("/srv/2/a.php"));
  EXPECT_TRUE(list.files.contains("/lib/b.php"));
  EXPECT_EQ(list.files.size(), 2U);
  // A process that still serves the release before.
  list.add(sample(1, "/srv/1/a.php", 1), "/srv/1");
  EXPECT_EQ(list.files["/srv/2/a.php"].hits, 2U);
  EXPECT_EQ(list.base, "/srv/2");
}

TEST(PreloadList, MovesWholeNamesOnly) {
  EXPECT_EQ(moved("/srv/10/a.php", "/srv/1", "/srv/2"), "/srv/10/a.php");
  EXPECT_EQ(moved("/srv/1", "/srv/1", "/srv/2"), "/srv/1");
  EXPECT_EQ(moved("/srv/1/a.php", "", "/srv/2"), "/srv/1/a.php");
  EXPECT_EQ(moved("/srv/1/a.php", "/srv/1", ""), "/srv/1/a.php");
}

TEST(ReleaseDirectory, IsWhereTheLastLinkLeadsTo) {
  const base::TestDirectory directory;
  const std::filesystem::path top = std::filesystem::canonical(directory.path());
  std::filesystem::create_directories(top / "releases/42/public");
  std::filesystem::create_symlink("releases/42", top / "current");
  EXPECT_EQ(release_directory(top / "current/public"), top / "releases/42");
  EXPECT_EQ(release_directory(top / "current"), top / "releases/42");
  EXPECT_EQ(release_directory(top / "releases/42/public"), "");
  EXPECT_EQ(release_directory(top / "nowhere/public"), "");
}

}  // namespace
}  // namespace tusk::php::preload
