#include "app/live/start_files.h"

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <sys/stat.h>

namespace tusk::app::live {

StartFiles::StartFiles(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) files_.push_back(look_at(path));
  std::error_code failed;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (!failed) files_.push_back(look_at(program.string()));
}

std::optional<std::string> StartFiles::changed() const {
  for (const File& file : files_) {
    if (file.is_hidden || look_at(file.path) != file) return file.path;
  }
  return std::nullopt;
}

StartFiles::File StartFiles::look_at(std::string path) {
  File file{.path = std::move(path)};
  struct stat status{};
  if (::stat(file.path.c_str(), &status) != 0) {
    file.is_hidden = errno == EACCES;
    return file;
  }
  file.device = status.st_dev;
  file.inode = status.st_ino;
  file.size = status.st_size;
  file.changed_ns = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
  return file;
}

}  // namespace tusk::app::live
