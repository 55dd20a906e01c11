// DirectoryListing: what is in a directory, as a page or as JSON.
//
// Thread: any but a loop. It reads the whole directory, and looks at each of its entries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "files/document_root.h"

namespace tusk::files {

struct ListedEntry {
  std::string name;
  bool is_directory = false;
  std::uint64_t size_bytes = 0;
  std::int64_t modified_seconds = 0;
};

struct DirectoryListing {
  // Directories first, each kind by name. Without what a request for it would not find: hidden
  // names, PHP source, links that are not followed, devices, FIFOs and sockets.
  std::vector<ListedEntry> entries;
  bool cut = false;  // there are more than kMaxListed
};

inline constexpr std::size_t kMaxListed = 10'000;

// What is in `directory`, which was opened by root.open_directory(path); `path` ends with a slash.
// None: it cannot be read.
std::optional<DirectoryListing> read_directory(const DocumentRoot& root, base::UniqueFd directory,
                                               std::string_view path);

// The same at once. Without outcome kDirectory the listing is empty.
LookupOutcome list_directory(const DocumentRoot& root, std::string_view path,
                             DirectoryListing& listing);

// A page; names and path are escaped, whatever they are.
std::string listing_as_html(std::string_view path, const DirectoryListing& listing);

// [{"name":"a.txt","type":"file","mtime":"Sun, 06 Nov 1994 08:49:37 GMT","size":3}, ...], as nginx
// has it. Bytes that are not UTF-8 become U+FFFD.
std::string listing_as_json(const DirectoryListing& listing);

}  // namespace tusk::files
