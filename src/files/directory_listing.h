// DirectoryListing: what is in a directory, as a client may see it.
//
// Thread: any but a loop, because it reads the whole directory and examines each entry.
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

// The contents of a directory. files/listing_sort.h orders it, files/listing_page.h writes it.
struct DirectoryListing {
  // In the order of the file system. Without entries that a request would not find: hidden names,
  // PHP source, links that are not followed, devices, FIFOs and sockets.
  std::vector<ListedEntry> entries;
  bool cut = false;  // there are more than kMaxListed
};

inline constexpr std::size_t kMaxListed = 10'000;

// Lists `directory`, which root.open_directory(path) has opened; `path` ends with a slash. Returns
// nothing if it cannot be read.
std::optional<DirectoryListing> read_directory(const DocumentRoot& root, base::UniqueFd directory,
                                               std::string_view path);

}  // namespace tusk::files
