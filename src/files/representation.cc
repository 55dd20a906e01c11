#include "files/representation.h"

#include <fmt/format.h>

namespace tusk::files {

bool Representation::is_current() const noexcept {
  if (!fd) return true;
  // Not all of FileInfo: renaming another file over this one changes some of it (the number of
  // links), but not the content.
  const FileInfo now = file_info(fd.get());
  return now.modified_ns == info.modified_ns && now.size_bytes == info.size_bytes;
}

std::string entity_tag(const FileInfo& info) {
  // The inode distinguishes files to which a deployment gave the same time and size (archives with
  // normalised times). Servers behind one balancer then have different tags, which costs a
  // transfer; without the inode a client would keep the wrong file.
  return fmt::format("\"{:x}-{:x}-{:x}\"", static_cast<std::uint64_t>(info.modified_ns),
                     info.size_bytes, info.inode);
}

}  // namespace tusk::files
