// ListingOrder: which directory to list, and how. A Router makes it; the answer renders the page.
//
// Owner: the Route, then the answer. Thread: any; a value.
#pragma once

#include <cstdint>
#include <string>

#include "base/unique_fd.h"
#include "files/document_root.h"
#include "files/listing_sort.h"
#include "rules/path_list.h"

namespace tusk::site {

// It owns everything except `denied`, which lives as long as the site.
struct ListingOrder {
  std::uint64_t root_id = 0;
  files::DocumentRoot root;
  base::UniqueFd directory;
  std::string path;
  bool json = false;
  files::ListingSort sort{};
  const rules::PathList* denied = nullptr;  // paths that are not shown
};

}  // namespace tusk::site
