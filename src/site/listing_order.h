// ListingOrder: which directory is to be listed, and how. A Router makes it, and whoever answers
// has the page made by it.
//
// Owner: the Route, then the answer. Thread: any; a value.
#pragma once

#include <cstdint>
#include <string>

#include "base/unique_fd.h"
#include "files/document_root.h"
#include "rules/path_list.h"

namespace tusk::site {

// All of it is the order's own, but for `denied`, which stays as long as the site.
struct ListingOrder {
  std::uint64_t root_id = 0;
  files::DocumentRoot root;
  base::UniqueFd directory;
  std::string path;
  bool json = false;
  const rules::PathList* denied = nullptr;  // what is not shown
};

}  // namespace tusk::site
