#include "files/directory_listing.h"

#include <string>

#include <sys/stat.h>

#include "files/temp_tree.h"

namespace tusk::files {
namespace {

std::string names(const DirectoryListing& listing) {
  std::string names;
  for (const ListedEntry& entry : listing.entries) {
    names += (names.empty() ? "" : " ") + entry.name + (entry.is_directory ? "/" : "");
  }
  return names;
}

TEST(DirectoryListing, ListsWhatARequestWouldFind) {
  const TempTree tree;
  for (const char* name : {"b.txt", "a.txt", "Z.txt", "sub/x", "another/y", ".env", ".git/config",
                           "x.php", "x.php~", "config.inc", "../outside.txt"}) {
    tree.write(name);
  }
  tree.link("../outside.txt", "out");
  tree.link("nowhere", "dangling");
  ::mkfifo((tree.root() / "fifo").c_str(), 0666);
  DirectoryListing listing;
  EXPECT_EQ(list_directory(tree.open(), "/", listing), LookupOutcome::kDirectory);
  EXPECT_EQ(names(listing), "another/ sub/ Z.txt a.txt b.txt out");
  EXPECT_FALSE(listing.cut);
  EXPECT_EQ(list_directory(tree.open(SymbolicLinks::kRefuse), "/", listing),
            LookupOutcome::kDirectory);
  EXPECT_EQ(names(listing), "another/ sub/ Z.txt a.txt b.txt");
  EXPECT_EQ(list_directory(tree.open(), "/sub/", listing), LookupOutcome::kDirectory);
  EXPECT_EQ(names(listing), "x");
  EXPECT_EQ(list_directory(tree.open(), "/a.txt/", listing), LookupOutcome::kNotFound);
  EXPECT_EQ(list_directory(tree.open(), "/.git/", listing), LookupOutcome::kNotFound);
  EXPECT_TRUE(listing.entries.empty());
}

TEST(DirectoryListing, EscapesThePage) {
  DirectoryListing listing;
  listing.entries.push_back({.name = "<script>\"&'.txt", .size_bytes = 3});
  listing.entries.push_back({.name = "javascript:alert(1)", .is_directory = true});
  const std::string page = listing_as_html("/<b>/", listing);
  EXPECT_EQ(page.find("<script>"), std::string::npos);
  EXPECT_EQ(page.find("<b>"), std::string::npos);
  EXPECT_NE(page.find("href=\"%3Cscript%3E%22%26%27.txt\""), std::string::npos) << page;
  EXPECT_NE(page.find("&lt;script&gt;&quot;&amp;&#39;.txt"), std::string::npos) << page;
  EXPECT_NE(page.find("href=\"javascript%3Aalert%281%29/\""), std::string::npos) << page;
  EXPECT_NE(page.find("href=\"../\""), std::string::npos);
  EXPECT_EQ(listing_as_html("/", listing).find("href=\"../\""), std::string::npos);
}

TEST(DirectoryListing, WritesJson) {
  DirectoryListing listing;
  EXPECT_EQ(listing_as_json(listing), "[\n]\n");
  listing.entries.push_back({.name = "d\"\\\n\xc3\xa4\xff\xed\xa0\x80", .is_directory = true});
  listing.entries.push_back({.name = "a", .size_bytes = 3, .modified_seconds = 784'111'777});
  EXPECT_EQ(listing_as_json(listing),
            "[\n{\"name\":\"d\\\"\\\\\\u000a\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf"
            "\xbd\",\"type\":\"directory\",\"mtime\":\"Thu, 01 Jan 1970 00:00:00 GMT\"},\n"
            "{\"name\":\"a\",\"type\":\"file\",\"mtime\":\"Sun, 06 Nov 1994 08:49:37 GMT\","
            "\"size\":3}\n]\n");
}

}  // namespace
}  // namespace tusk::files
