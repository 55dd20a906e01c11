// Attackers' request targets, through decoding, the root's gate and the script split: nothing
// outside the root is opened or run, and no hidden file or PHP source is opened.
#include <array>
#include <string>
#include <string_view>

#include <unistd.h>

#include "files/script_path.h"
#include "files/temp_tree.h"
#include "http/path.h"

namespace tusk::files {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kSecret = "SECRET-OUT-OF-REACH";

constexpr std::array kTargets = {
    "/../secret.txt"sv,
    "/../../secret.txt"sv,
    "/../../../../../../../../../../etc/passwd"sv,
    "/./../secret.txt"sv,
    "/dir/../../secret.txt"sv,
    "/dir/..//../secret.txt"sv,
    "/dir/../../root/../secret.txt"sv,
    "/dir/deeper/../../../secret.txt"sv,
    "/..//secret.txt"sv,
    "//../secret.txt"sv,
    "///../secret.txt"sv,
    "/a.txt/../../secret.txt"sv,
    "/%2e%2e/secret.txt"sv,
    "/%2E%2E/secret.txt"sv,
    "/.%2e/secret.txt"sv,
    "/%2e./secret.txt"sv,
    "/%2e%2e%2fsecret.txt"sv,
    "/%2e%2e%2Fsecret.txt"sv,
    "/..%2fsecret.txt"sv,
    "/..%2Fsecret.txt"sv,
    "/dir%2f..%2f..%2fsecret.txt"sv,
    "/dir/%2e%2e/%2e%2e/secret.txt"sv,
    "/%252e%252e/secret.txt"sv,
    "/%252e%252e%252fsecret.txt"sv,
    "/%25252e%25252e/secret.txt"sv,
    "/..%252fsecret.txt"sv,
    "/..%255csecret.txt"sv,
    "/..\\secret.txt"sv,
    "/..%5csecret.txt"sv,
    "/..%5Csecret.txt"sv,
    "/%2e%2e%5csecret.txt"sv,
    "/dir\\..\\..\\secret.txt"sv,
    "/%c0%ae%c0%ae/secret.txt"sv,
    "/%c0%ae%c0%ae%c0%afsecret.txt"sv,
    "/..%c0%afsecret.txt"sv,
    "/..%c1%9csecret.txt"sv,
    "/..%e0%80%afsecret.txt"sv,
    "/..%f0%80%80%afsecret.txt"sv,
    "/%e0%80%ae%e0%80%ae/secret.txt"sv,
    "/..%ef%bc%8fsecret.txt"sv,
    "/%ef%bc%8e%ef%bc%8e/secret.txt"sv,
    "/%uff0e%uff0e/secret.txt"sv,
    "/%u002e%u002e/secret.txt"sv,
    "/..%u2215secret.txt"sv,
    "/..%00/secret.txt"sv,
    "/../secret.txt%00"sv,
    "/%00/../secret.txt"sv,
    "/a.txt%00/../../secret.txt"sv,
    "/../secret.txt%00.html"sv,
    "/...//secret.txt"sv,
    "/..../secret.txt"sv,
    "/....//....//secret.txt"sv,
    "/.../.../secret.txt"sv,
    "/..;/secret.txt"sv,
    "/..;a=b/secret.txt"sv,
    "/dir/..;/..;/secret.txt"sv,
    "/%2e%2e;/secret.txt"sv,
    "/.;./secret.txt"sv,
    "/.. /secret.txt"sv,
    "/..%20/secret.txt"sv,
    "/..%09/secret.txt"sv,
    "/..%0a/secret.txt"sv,
    "/..%0d%0a/secret.txt"sv,
    "/%20../secret.txt"sv,
    "/..+/secret.txt"sv,
    "/..%/secret.txt"sv,
    "/%2/secret.txt"sv,
    "/%%32%65%%32%65/secret.txt"sv,
    "/%2%65%2%65/secret.txt"sv,
    "/..%2f..%2f..%2f..%2fetc%2fpasswd"sv,
    "/%2fetc%2fpasswd"sv,
    "//etc/passwd"sv,
    "/%2f/etc/passwd"sv,
    "/file:///etc/passwd"sv,
    "/proc/self/environ"sv,
    "/C:/secret.txt"sv,
    "/a.php/../../secret.txt"sv,
    "/a.php/%2e%2e/%2e%2e/secret.txt"sv,
    "/../outside.php"sv,
    "/%2e%2e/outside.php"sv,
    "/..%2foutside.php"sv,
    "/dir/../../outside.php/info"sv,
    "/.env"sv,
    "/%2eenv"sv,
    "/%2Eenv"sv,
    "/dir/../.env"sv,
    "/dir/%2e%2e/.env"sv,
    "/./.env"sv,
    "//.env"sv,
    "/.env/"sv,
    "/.env%00.txt"sv,
    "/.git/config"sv,
    "/%2egit/config"sv,
    "/.git%2fconfig"sv,
    "/.well-known/../.env"sv,
    "/.well-known/%2e%2e/.git/config"sv,
    "/.well-known/.env"sv,
    "/source.php~"sv,
    "/source%2ephp~"sv,
    "/source.php%7e"sv,
    "/source.PHP"sv,
    "/source.php%20"sv,
    "/source.php%00.txt"sv,
    "/source.php."sv,
    "/source.php%2e"sv,
    "/source.phps"sv,
    "/source.php.bak"sv,
    "/source.phtml"sv,
    "/dir/../source.php.bak"sv,
    "*"sv,
    ""sv,
    "secret.txt"sv,
    "../secret.txt"sv,
};
static_assert(kTargets.size() >= 100);

class TraversalTest : public testing::Test {
 protected:
  TraversalTest() {
    tree_.write("../secret.txt", kSecret);
    tree_.write("../outside.php", kSecret);
    tree_.write("a.txt");
    tree_.write("a.php", "<?php");
    tree_.write("dir/deeper/b.txt");
    for (const char* name :
         {".env", ".git/config", ".well-known/.env", "source.php~", "source.PHP", "source.php ",
          "source.php.", "source.phps", "source.php.bak", "source.phtml"}) {
      tree_.write(name, kSecret);
    }
  }

  TempTree tree_;
  DocumentRoot root_ = tree_.open();
  FileCache files_{{}, FileLoader({})};
};

TEST_F(TraversalTest, NothingEscapes) {
  int decoded_paths = 0;
  for (const std::string_view target : kTargets) {
    SCOPED_TRACE(std::string(target));
    std::string path;
    if (http::decode_path(target, path).error != http::PathError::kNone) continue;
    ++decoded_paths;

    const FoundFile file = root_.open_file(path);
    if (file.outcome == LookupOutcome::kFile) {
      std::array<char, 64> content{};
      ASSERT_GE(::read(file.fd.get(), content.data(), content.size()), 0);
      EXPECT_NE(std::string_view(content.data()), kSecret);
    }
    const auto script = split_script_path(files_, root_, path);
    EXPECT_EQ(script.outcome == LookupOutcome::kFile ? script.script : "/a.php", "/a.php");
  }
  EXPECT_GT(decoded_paths, 40);
}

// The gate must also hold for a caller that forgot to normalise the path.
TEST_F(TraversalTest, NothingEscapesUndecoded) {
  for (const std::string_view target : kTargets) {
    SCOPED_TRACE(std::string(target));
    EXPECT_NE(root_.open_file(target).outcome, LookupOutcome::kFile);
    const auto script = split_script_path(files_, root_, target);
    EXPECT_EQ(script.outcome == LookupOutcome::kFile ? script.script : "/a.php", "/a.php");
  }
}

TEST_F(TraversalTest, WhatIsMeantIsFound) {
  for (const std::string_view target :
       {"/a.txt"sv, "/%61.txt"sv, "/dir/../a.txt"sv, "/./a.txt"sv, "//a.txt"sv,
        "/dir/..//a%2etxt"sv, "/dir/deeper/../../a.txt"sv}) {
    std::string path;
    ASSERT_EQ(http::decode_path(target, path).error, http::PathError::kNone) << target;
    EXPECT_EQ(root_.open_file(path).outcome, LookupOutcome::kFile) << target;
  }
}

}  // namespace
}  // namespace tusk::files
