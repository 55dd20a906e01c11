#include "host/root_directory.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <sys/stat.h>

#include "base/process/user_change.h"

namespace tusk::host {

namespace {

namespace fs = std::filesystem;

std::string without_last_slash(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  return path;
}

// A process leaves its root directory through any directory outside of it that is open. Empty: none
// is.
std::string open_directory() {
  std::error_code failed;
  int listing = 0;
  std::string found;
  for (auto entry = fs::directory_iterator("/proc/self/fd", failed);
       !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    const int fd = std::atoi(entry->path().filename().c_str());
    struct stat status{};
    if (::fstat(fd, &status) != 0 || !S_ISDIR(status.st_mode)) continue;
    const std::string name = fs::read_symlink(entry->path(), failed).native();
    // The one by which this looks.
    if (name.ends_with("/fd") && name.starts_with("/proc/") && listing++ == 0) continue;
    found = name;
  }
  return failed ? "/proc/self/fd cannot be read" : found;
}

}  // namespace

RootDirectory::RootDirectory(const std::string& directory) {
  if (directory.empty()) return;
  std::error_code failed;
  configured_ = without_last_slash(fs::path(directory).lexically_normal().native());
  real_ = without_last_slash(fs::weakly_canonical(directory, failed).native());
}

base::Result<void> RootDirectory::enter() const {
  if (!any()) return {};
  if (const std::string open = open_directory(); !open.empty())
    return base::fail("cannot change the root directory to " + configured_ +
                      ": a directory is open, by which it could be left: " + open);
  return base::process::change_root(configured_);
}

std::string_view RootDirectory::inside(std::string_view path) const {
  for (const std::string_view directory :
       {std::string_view(configured_), std::string_view(real_)}) {
    if (directory.empty() || !path.starts_with(directory)) continue;
    if (path.size() == directory.size()) return "/";
    if (path[directory.size()] == '/') return path.substr(directory.size());
  }
  return path;
}

void RootDirectory::translate(exec::Job& job) const {
  if (!any()) return;
  translate(job, job.document_root);
  translate(job, job.script_filename);
}

void RootDirectory::translate(exec::Job& job, http::Span& path) const {
  const std::string_view before = job.view(path);
  const std::string_view after = inside(before);
  if (after == "/") {
    path = job.store("/");
    return;
  }
  path.offset += static_cast<std::uint32_t>(before.size() - after.size());
  path.length = static_cast<std::uint32_t>(after.size());
}

void RootDirectory::translate(exec::PoolScripts& scripts) const {
  scripts.document_root = std::string(inside(scripts.document_root));
  scripts.resident_script = std::string(inside(scripts.resident_script));
}

}  // namespace tusk::host
