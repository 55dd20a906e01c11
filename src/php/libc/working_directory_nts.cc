#include <unistd.h>

#include "php/libc/working_directory.h"
#include "php/zend.h"

// Without thread safety PHP has no working directory of its own: it changes the thread's (which its
// worker does not share: php/script_thread.cc), and goes to that of each script by itself.

namespace tusk::php::libc {

void enter_directory_of(const char* /*script*/) noexcept {}

void follow_chdir() noexcept {}

const char* script_directory(PathBuffer& buffer) noexcept {
  const char* const directory = ::getcwd(buffer.data(), buffer.size());
  return directory != nullptr && ::access(directory, X_OK) == 0 ? directory : nullptr;
}

}  // namespace tusk::php::libc
