#include "files/directory_listing.h"

#include <string>

#include <sys/stat.h>

#include "files/listing_sort.h"
#include "files/temp_tree.h"

namespace tusk::files {
namespace {

std::string names(DirectoryListing& listing) {
  sort_entries(listing, {});
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
  EXPECT_EQ(names(listing), "another/ sub/ a.txt b.txt out Z.txt");
  EXPECT_FALSE(listing.cut);
  EXPECT_EQ(list_directory(tree.open(SymbolicLinks::kRefuse), "/", listing),
            LookupOutcome::kDirectory);
  EXPECT_EQ(names(listing), "another/ sub/ a.txt b.txt Z.txt");
  EXPECT_EQ(list_directory(tree.open(), "/sub/", listing), LookupOutcome::kDirectory);
  EXPECT_EQ(names(listing), "x");
  EXPECT_EQ(list_directory(tree.open(), "/a.txt/", listing), LookupOutcome::kNotFound);
  EXPECT_EQ(list_directory(tree.open(), "/.git/", listing), LookupOutcome::kNotFound);
  EXPECT_TRUE(listing.entries.empty());
}

}  // namespace
}  // namespace tusk::files
