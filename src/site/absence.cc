#include "site/absence.h"

#include <cerrno>

#include <sys/stat.h>

#include "files/php_source.h"
#include "http/path.h"
#include "site/file_failures.h"

namespace tusk::site {

namespace {

bool is_there(const std::string& file) {
  struct stat status{};
  return ::lstat(file.c_str(), &status) == 0;
}

// The first part of the path that is not there.
std::string first_missing(const std::string& root, const std::string& file) {
  for (std::size_t slash = file.find('/', root.size() + 1); slash != std::string::npos;
       slash = file.find('/', slash + 1)) {
    std::string directory = file.substr(0, slash);
    if (!is_there(directory)) return directory;
  }
  return file;
}

}  // namespace

std::string why_absent(const std::string& root, std::string_view path) {
  const std::string file = root + std::string(path);
  struct stat status{};
  if (::lstat(file.c_str(), &status) == 0) {
    if (http::has_hidden_segment(path)) return "exists, but hidden files are never served";
    if (S_ISLNK(status.st_mode) && ::stat(file.c_str(), &status) != 0)
      return "is a symbolic link that leads to no file";
    if (files::is_php_source(path)) return "exists, but may be PHP source, which is never sent";
    return "exists, but may not be served";
  }
  if (errno != ENOENT && errno != ENOTDIR) return "cannot be looked up: " + file_reason(errno);
  const std::string missing = first_missing(root, file);
  return missing == file ? "does not exist" : "does not exist, nor does " + missing;
}

std::string existence(const std::string& root, std::string_view path) {
  return is_there(root + std::string(path)) ? "it exists" : "it does not exist";
}

}  // namespace tusk::site
