#include "app/development/file_tree.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include <dirent.h>
#include <sys/stat.h>

namespace tusk::app::development {

namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

bool is_dot(const char* name) {
  return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

}  // namespace

FileTree::State FileTree::state_of(const struct stat& status) {
  return {.modified_ns = status.st_mtim.tv_sec * kNanosecondsPerSecond + status.st_mtim.tv_nsec,
          .size = status.st_size,
          .inode = status.st_ino};
}

// One pass over the directories.
struct FileTree::Reading {
  std::vector<std::string> pending;  // directories that are still to be read
  // Links may lead to a directory twice.
  std::set<std::pair<dev_t, ino_t>> seen;
  std::vector<std::string> directories;
  Files files;
  bool cut = false;
};

std::vector<std::string> FileTree::refresh() {
  Reading reading;
  missing_bases_.clear();
  for (const std::string& base : globs_.bases()) {
    struct stat status{};
    const bool exists = ::stat(base.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
    if (!exists) missing_bases_.push_back(base);
    if (exists && reading.seen.emplace(status.st_dev, status.st_ino).second)
      reading.pending.push_back(base);
    while (!reading.pending.empty()) {
      const std::string path = std::move(reading.pending.back());
      reading.pending.pop_back();
      read_directory(path, reading);
    }
  }
  std::vector<std::string> changed;
  for (const auto& [path, state] : reading.files) {
    const auto known = files_.find(path);
    if (known == files_.end() || known->second != state) changed.push_back(path);
  }
  for (const auto& [path, state] : files_) {
    if (!reading.files.contains(path)) changed.push_back(path);
  }
  directories_ = std::move(reading.directories);
  files_ = std::move(reading.files);
  cut_ = reading.cut;
  return changed;
}

bool FileTree::has_new_base() const {
  return std::ranges::any_of(missing_bases_, [](const std::string& base) {
    struct stat status{};
    return ::stat(base.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
  });
}

void FileTree::read_directory(const std::string& path, Reading& reading) {
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
  if (directory == nullptr) return;
  if (reading.directories.size() == limits_.directories) {
    reading.cut = true;
    return;
  }
  reading.directories.push_back(path);
  const std::string prefix = path == "/" ? path : path + "/";
  while (const dirent* const entry = ::readdir(directory.get())) {
    if (is_dot(entry->d_name)) continue;
    std::string name = prefix + entry->d_name;
    const bool may_be_directory =
        entry->d_type == DT_DIR || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN;
    const bool enters = may_be_directory && globs_.enters_directory(name);
    const bool matches = entry->d_type != DT_DIR && globs_.matches_file(name);
    struct stat status{};
    if ((!enters && !matches) || ::stat(name.c_str(), &status) != 0) continue;
    if (S_ISDIR(status.st_mode)) {
      if (enters && reading.seen.emplace(status.st_dev, status.st_ino).second)
        reading.pending.push_back(std::move(name));
    } else if (matches) {
      if (reading.files.size() == limits_.files) {
        reading.cut = true;
        return;
      }
      reading.files.emplace(std::move(name), state_of(status));
    }
  }
}

bool FileTree::refresh(const std::string& path) {
  struct stat status{};
  const auto known = files_.find(path);
  if (::stat(path.c_str(), &status) != 0 || S_ISDIR(status.st_mode)) {
    if (known == files_.end()) return false;
    files_.erase(known);
    return true;
  }
  const State state = state_of(status);
  if (known != files_.end() && known->second == state) return false;
  if (known == files_.end() && files_.size() >= limits_.files) return false;
  files_.insert_or_assign(path, state);
  return true;
}

}  // namespace tusk::app::development
