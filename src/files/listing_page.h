// A directory listing as a page and as JSON.
//
// Thread: any; pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "files/directory_listing.h"
#include "files/listing_sort.h"

namespace tusk::files {

// An HTML page, in the style of the built-in error page (site/error_response.h), whose headings
// sort it by links. Names and path are escaped. `sort` is the order that the entries have.
std::string listing_as_html(std::string_view path, const DirectoryListing& listing,
                            const ListingSort& sort = {});

// [{"name":"a.txt","type":"file","mtime":"1994-11-06T08:49:37Z","size":3}, ...]: nginx's format,
// but with dates that programs read (RFC 3339). Bytes that are not UTF-8 become U+FFFD.
std::string listing_as_json(const DirectoryListing& listing);

// "812 B", "1.4 KiB", "14 MiB".
std::string readable_size(std::uint64_t bytes);

}  // namespace tusk::files
