// A file without a name: nobody else can open it, and it is gone when its descriptor is closed.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tusk::base {

// On the file system of `directory`, for reading and writing, mode 0600. Thread: any.
Result<UniqueFd> open_temporary_file(const std::string& directory);

}  // namespace tusk::base
