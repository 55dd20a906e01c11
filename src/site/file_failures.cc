#include "site/file_failures.h"

#include <cerrno>
#include <chrono>
#include <system_error>

#include "files/document_root.h"
#include "observe/log.h"

namespace tusk::site {

namespace {

// A name that is longer than any file's is the client's mistake; the operator need not act.
observe::Level level_of(int status, int error_number) {
  if (status >= 500) return observe::Level::kError;
  return error_number == ENAMETOOLONG ? observe::Level::kInfo : observe::Level::kWarn;
}

std::string_view message_of(int status) {
  switch (status) {
    case 403:
      return "answered 403: no permission to read a file";
    case 404:
      return "answered 404: this path cannot be served";
    case 503:
      return "answered 503: no descriptor or memory left to open a file";
    default:
      return "answered 500: cannot open a file";
  }
}

}  // namespace

std::string file_reason(int error_number) {
  switch (error_number) {
    case files::kNotRegular:
      return "neither a regular file nor a directory";
    case files::kManyHeld:
      return "unfinished responses hold as many files as they may";
    case EXDEV:
      return "a symbolic link leads out of the document root";
    case ELOOP:
      return "too many symbolic links, or one that follow_symlinks forbids";
    default:
      return std::generic_category().message(error_number);
  }
}

void FileFailures::note(int status, std::string_view path, int error_number,
                        base::MonotonicTime now) {
  Said& said = said_[error_number];
  ++said.unsaid;
  if (said.ever && now - said.last < std::chrono::seconds(1)) return;
  observe::log(level_of(status, error_number), message_of(status),
               {{"path", path},
                {"errno", error_number},
                {"reason", file_reason(error_number)},
                {"user", user_},
                {"times", said.unsaid}});
  said = {.ever = true, .last = now, .unsaid = 0};
}

}  // namespace tusk::site
