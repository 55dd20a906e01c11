#include "files/script_path.h"

#include <string>

#include <sys/stat.h>

#include "files/temp_tree.h"

namespace tusk::files {
namespace {

class ScriptPathTest : public testing::Test {
 protected:
  ScriptPathTest() {
    for (const char* name :
         {"index.php", "a.php", "dir/b.php", "dir.php/x.txt", "dir.php/c.php", "UPPER.PHP",
          "x.phtml", "x.php~", "x.php.bak", "x.phps", "x.inc", "x.php5", ".git/hook.php",
          ".hidden.php", ".php", "dir/.php", ".well-known/d.php", "a.phpx", "with space.php"}) {
      tree_.write(name, "<?php");
    }
    tree_.write("../outside.php", "<?php");
    tree_.link("a.php", "link.php");
    tree_.link("/dev/zero", "zero.php");
    ::mkfifo((tree_.root() / "fifo.php").c_str(), 0666);
  }

  // "script|path info", or "none".
  std::string split(std::string_view path) {
    const auto split = split_script_path(files_, root_, path);
    return split.outcome == LookupOutcome::kFile
               ? std::string(split.script) + "|" + std::string(split.path_info)
               : "none";
  }

  TempTree tree_;
  DocumentRoot root_ = tree_.open();
  FileCache files_{{}, FileLoader({})};
};

TEST_F(ScriptPathTest, FindsScriptAndPathInfo) {
  EXPECT_EQ(split("/a.php"), "/a.php|");
  EXPECT_EQ(split("/a.php/"), "/a.php|/");
  EXPECT_EQ(split("/a.php/b/c"), "/a.php|/b/c");
  EXPECT_EQ(split("/a.php/dir/b.php"), "/a.php|/dir/b.php");
  EXPECT_EQ(split("/dir/b.php/x"), "/dir/b.php|/x");
  EXPECT_EQ(split("/link.php/x"), "/link.php|/x");
  EXPECT_EQ(split("/with space.php"), "/with space.php|");
  EXPECT_EQ(split("/.well-known/d.php"), "/.well-known/d.php|");
}

TEST_F(ScriptPathTest, PassesThroughDirectories) {
  EXPECT_EQ(split("/dir.php"), "none");
  EXPECT_EQ(split("/dir.php/"), "none");
  EXPECT_EQ(split("/dir.php/x.txt"), "none");
  EXPECT_EQ(split("/dir.php/c.php"), "/dir.php/c.php|");
  EXPECT_EQ(split("/dir.php/c.php/info"), "/dir.php/c.php|/info");
}

TEST_F(ScriptPathTest, LeavesPathInfoAlone) {
  EXPECT_EQ(split("/a.php/.env"), "/a.php|/.env");
  EXPECT_EQ(split("/a.php/x.php~"), "/a.php|/x.php~");
  EXPECT_EQ(split(std::string("/a.php/") + std::string(10'000, 'x')),
            "/a.php|/" + std::string(10'000, 'x'));
}

TEST_F(ScriptPathTest, RunsNothingElse) {
  for (const char* path : {"/",
                           "",
                           "/UPPER.PHP",
                           "/upper.php",
                           "/x.phtml",
                           "/x.php~",
                           "/x.php.bak",
                           "/x.phps",
                           "/x.inc",
                           "/x.php5",
                           "/a.phpx",
                           "/missing.php",
                           "/missing.php/a.php",
                           "/dir",
                           "/A.php",
                           "/.git/hook.php",
                           "/.hidden.php",
                           "/.php",
                           "/dir/.php",
                           "/zero.php",
                           "/fifo.php",
                           "/fifo.php/a.php",
                           "/../outside.php",
                           "/dir/../../outside.php",
                           "/dir/../a.php",
                           "//a.php",
                           "a.php",
                           "/index.php.txt",
                           "/x.txt/a.php",
                           "/a.php5/a.php"}) {
    EXPECT_EQ(split(path), "none") << path;
  }
  EXPECT_EQ(split(std::string("/a.php\0.txt", 11)), "none");
  EXPECT_EQ(split(std::string("/\0/a.php", 8)), "none");
}

TEST_F(ScriptPathTest, LooksOncePerExistingSegmentOnly) {
  // 2,000 possible scripts: the first missing segment ends the search.
  std::string path;
  for (int i = 0; i < 2000; ++i) path += "/m.php";
  EXPECT_EQ(split(path), "none");
}

}  // namespace
}  // namespace tusk::files
