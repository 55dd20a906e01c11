// Why the file system says no: as which user this process asked, which file or directory is in the
// way, and what would let it in.
//
// Thread: any. It looks at the file system and at the list of users: not for a request's way.
#pragma once

#include <string>

namespace tusk::base {

// "www-data (uid 33)": whose rights this process has when it opens files.
std::string user_text();

// As access(), but with the rights by which files are opened. 0, or the number of the error.
int access_error(const std::string& path, int mode);

// What follows "/srv/site: ": the text of the error. Of a permission that is missing, with the user
// and the file or directory on the way that would have to allow more. `mode` is of access().
std::string denial_text(const std::string& path, int mode, int error_number);

// denial_text() of what makes a file at that path impossible: of its directory.
std::string creation_denial_text(const std::string& path, int error_number);

}  // namespace tusk::base
