// Permission messages: as which user the process was denied, by which file or directory, and which
// permission is missing.
//
// Thread: any. These functions ask the file system and the user database: not for the request path.
#pragma once

#include <string>

namespace tusk::base {

// Does what access() does, with the rights that open() uses. Returns 0 or an errno.
int access_error(const std::string& path, int mode);

// The text after "/srv/site: " in a message: the error, and for a missing permission also the user
// and the file or directory whose mode denies access. `mode` is as for access().
std::string denial_text(const std::string& path, int mode, int error_number);

// denial_text() for a file that cannot be created: it is about the directory.
std::string creation_denial_text(const std::string& path, int error_number);

}  // namespace tusk::base
