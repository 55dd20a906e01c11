// ListingSort: the order of a directory listing.
//
// Thread: any; a value and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "files/directory_listing.h"

namespace tusk::files {

// By which column, and in which direction. Directories come first in any order.
struct ListingSort {
  enum class Key : std::uint8_t { kName, kSize, kTime };

  Key key = Key::kName;
  bool descending = false;

  bool operator==(const ListingSort&) const = default;
};

// Reads the query that Apache's and lighttpd's listings have, which mirroring programs know and
// leave out: C=N, C=S or C=M for the name, the size and the time, and O=A or O=D. Anything else is
// ignored.
ListingSort parse_listing_sort(std::string_view query);

// The same as a reference to the listing itself: "?C=S&O=D", or "./" for the default.
std::string reference_of(const ListingSort& sort);

// Names come in the order in which people sort them: "file2" before "file10", and "a" before "B".
void sort_entries(DirectoryListing& listing, const ListingSort& sort);

}  // namespace tusk::files
