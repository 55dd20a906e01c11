#include "files/directory_listing.h"

#include <memory>

#include <dirent.h>

namespace tusk::files {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

}  // namespace

std::optional<DirectoryListing> read_directory(const DocumentRoot& root, base::UniqueFd opened,
                                               std::string_view path) {
  const std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(opened.get()));
  if (directory == nullptr) return std::nullopt;
  (void)opened.release();  // owned by the DIR now
  DirectoryListing listing;
  std::string name(path);
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view entry_name = entry->d_name;
    name.resize(path.size());
    name.append(entry_name);
    // find() finds what a client would get: no hidden names and no bad links.
    const FoundFile info = root.find(name);
    const bool is_directory = info.outcome == LookupOutcome::kDirectory;
    if (!is_directory && (info.outcome != LookupOutcome::kFile || !root.may_send(name))) continue;
    if (listing.entries.size() == kMaxListed) {
      listing.cut = true;
      break;
    }
    listing.entries.push_back({.name = std::string(entry_name),
                               .is_directory = is_directory,
                               .size_bytes = info.info.size_bytes,
                               .modified_seconds = info.info.modified_ns / 1'000'000'000});
  }
  return listing;
}

}  // namespace tusk::files
