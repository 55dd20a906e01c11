#include "php/working_directory.h"

#include <unistd.h>

#include "php/zend.h"

namespace tusk::php {

const char* script_directory(PathBuffer& buffer) noexcept {
  const char* const directory = virtual_getcwd(buffer.data(), buffer.size());
  return directory != nullptr && ::access(directory, X_OK) == 0 ? directory : nullptr;
}

}  // namespace tusk::php
