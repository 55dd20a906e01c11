// A temporary file without a name: nobody else can open it, and closing its descriptor frees it.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tusk::base {

// Creates it on the file system of `directory`, readable and writable, mode 0600. Thread: any.
Result<UniqueFd> open_temporary_file(const std::string& directory);

}  // namespace tusk::base
