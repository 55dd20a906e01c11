// ScriptPath: splits a path into the script to run and its PATH_INFO.
//
// Thread: the cache's loop. Makes at most one system call for each directory whose name ends with
// ".php", and one for the script: none for a path without ".php".
#pragma once

#include <string_view>

#include "files/document_root.h"
#include "files/file_cache.h"

namespace tusk::files {

// Views into the path that was split.
struct ScriptPath {
  LookupOutcome outcome = LookupOutcome::kNotFound;  // kFile: run it; never kDirectory
  int error_number = 0;                              // as in FoundFile
  std::string_view script{};                         // "/a.php", relative to the root
  std::string_view path_info{};                      // "/b/c", or empty
};

// Splits after the first segment that ends with exactly ".php" (case-sensitive) and is a regular
// file: /a.php/b/c becomes /a.php and /b/c. Directories with such names are skipped. kNotFound if
// there is no such script, or if a segment up to it is hidden; PATH_INFO may have any segments.
ScriptPath split_script_path(FileCache& files, const DocumentRoot& root, std::string_view path);

}  // namespace tusk::files
