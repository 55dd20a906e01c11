#include "files/listing_sort.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace tusk::files {
namespace {

using Key = ListingSort::Key;

// The first of the two names in a listing.
std::string first_of(std::string_view a, std::string_view b) {
  DirectoryListing listing;
  for (const std::string_view name : {a, b}) listing.entries.push_back({.name = std::string(name)});
  sort_entries(listing, {});
  return listing.entries.front().name;
}

TEST(ListingSort, SortsNamesAsPeopleDo) {
  const std::vector<std::string> sorted = {"",
                                           "1",
                                           "2",
                                           "10",
                                           "A",
                                           "a",
                                           "a1",
                                           "a01b",
                                           "a2",
                                           "a10",
                                           "b",
                                           "file",
                                           "file2.txt",
                                           "file10",
                                           "file10a",
                                           "Readme",
                                           "v1.9",
                                           "v1.10",
                                           "x99999999999999999999",
                                           "x100000000000000000000",
                                           "\xc3\xa4"};
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (std::size_t j = 0; j < sorted.size(); ++j) {
      EXPECT_EQ(first_of(sorted[i], sorted[j]), sorted[std::min(i, j)]);
    }
  }
}

// Names that people would call equal have an order too: two listings do not differ.
TEST(ListingSort, NoTwoNamesAreEqual) {
  const std::vector<std::string> names = {"a1", "A1", "a01", "a001", "A001", "a0", "a00"};
  for (const std::string& a : names) {
    for (const std::string& b : names) {
      EXPECT_EQ(first_of(a, b), first_of(b, a));
    }
  }
}

std::string sorted_by(const ListingSort& sort) {
  DirectoryListing listing;
  listing.entries = {{.name = "f10", .size_bytes = 1, .modified_seconds = 3},
                     {.name = "f2", .size_bytes = 1, .modified_seconds = 1},
                     {.name = "F1", .size_bytes = 9, .modified_seconds = 2},
                     {.name = "y", .is_directory = true, .size_bytes = 1, .modified_seconds = 8},
                     {.name = "x", .is_directory = true, .size_bytes = 2, .modified_seconds = 9}};
  sort_entries(listing, sort);
  std::string names;
  for (const ListedEntry& entry : listing.entries) names += entry.name + " ";
  return names;
}

TEST(ListingSort, SortsByEachColumn) {
  EXPECT_EQ(sorted_by({}), "x y F1 f2 f10 ");
  EXPECT_EQ(sorted_by({.descending = true}), "y x f10 f2 F1 ");
  EXPECT_EQ(sorted_by({.key = Key::kSize}), "x y f2 f10 F1 ");
  EXPECT_EQ(sorted_by({.key = Key::kSize, .descending = true}), "x y F1 f2 f10 ");
  EXPECT_EQ(sorted_by({.key = Key::kTime}), "y x f2 F1 f10 ");
  EXPECT_EQ(sorted_by({.key = Key::kTime, .descending = true}), "x y f10 F1 f2 ");
}

TEST(ListingSort, IsReadAndWritten) {
  for (const Key key : {Key::kName, Key::kSize, Key::kTime}) {
    for (const bool descending : {false, true}) {
      const ListingSort sort{.key = key, .descending = descending};
      const std::string reference = reference_of(sort);
      EXPECT_EQ(parse_listing_sort(reference == "./" ? "" : reference.substr(1)), sort);
    }
  }
  EXPECT_EQ(parse_listing_sort("C=S;O=D"), (ListingSort{.key = Key::kSize, .descending = true}));
  EXPECT_EQ(parse_listing_sort("x=1&O=D"), ListingSort{.descending = true});
  for (const std::string_view other : {"", "&&;", "C=", "C=X&O=Z", "c=S", "C=S1", "C", "utm=C=S"}) {
    EXPECT_EQ(parse_listing_sort(other), ListingSort()) << other;
  }
}

}  // namespace
}  // namespace tusk::files
