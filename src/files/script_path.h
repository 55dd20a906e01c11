// Splitting a path into the script that runs and its PATH_INFO.
//
// Thread: the cache's loop. Makes at most one system call for each segment that ends with ".php"
// and is a directory, and one for the script: none for a path without ".php".
#pragma once

#include <string_view>

#include "files/document_root.h"
#include "files/file_cache.h"

namespace tusk::files {

// Views into the path that was split.
struct ScriptPath {
  LookupOutcome outcome = LookupOutcome::kNotFound;  // kFile: it runs; never kDirectory
  int error_number = 0;                              // as FoundFile's
  std::string_view script{};                         // "/a.php", to be appended to the root's path
  std::string_view path_info{};                      // "/b/c", or empty
};

// At the first segment that ends with exactly ".php" (bytes, case-sensitive) and is a regular file:
// /a.php/b/c is /a.php and /b/c. A directory of such a name is passed through. kNotFound when there
// is no such script, or when a segment up to it is hidden; PATH_INFO may hold any segment.
ScriptPath split_script_path(FileCache& files, const DocumentRoot& root, std::string_view path);

}  // namespace tusk::files
