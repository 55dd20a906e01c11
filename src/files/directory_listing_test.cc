#include "files/directory_listing.h"

#include <optional>
#include <string>
#include <utility>

#include <sys/stat.h>

#include "files/listing_sort.h"
#include "files/temp_tree.h"

namespace tusk::files {
namespace {

// Opens and lists the directory.
DirectoryListing listing_of(const DocumentRoot& root, std::string_view path) {
  FoundFile found = root.open_directory(path);
  EXPECT_EQ(found.outcome, LookupOutcome::kDirectory);
  std::optional<DirectoryListing> listing = read_directory(root, std::move(found.fd), path);
  EXPECT_TRUE(listing);
  return listing ? *std::move(listing) : DirectoryListing();
}

std::string names(DirectoryListing listing) {
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
  const DirectoryListing listing = listing_of(tree.open(), "/");
  EXPECT_EQ(names(listing), "another/ sub/ a.txt b.txt out Z.txt");
  EXPECT_FALSE(listing.cut);
  EXPECT_EQ(names(listing_of(tree.open(SymbolicLinks::kRefuse), "/")),
            "another/ sub/ a.txt b.txt Z.txt");
  EXPECT_EQ(names(listing_of(tree.open(), "/sub/")), "x");
  EXPECT_EQ(tree.open().open_directory("/a.txt/").outcome, LookupOutcome::kNotFound);
  EXPECT_EQ(tree.open().open_directory("/.git/").outcome, LookupOutcome::kNotFound);
}

}  // namespace
}  // namespace tusk::files
