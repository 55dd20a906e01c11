#include "app/development/inotify.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace tusk::app::development {

namespace {

// A file that is written is reported when it is closed. One that is created without being written
// is a link.
constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                  IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR |
                                  IN_EXCL_UNLINK;
constexpr std::size_t kMostPaths = 1000;  // beyond it, all files are looked at

// From linux/magic.h, which lacks some of them.
constexpr std::array<std::uint32_t, 10> kRemoteFileSystems = {
    0x6969,      // NFS
    0x517b,      // SMB
    0xff534d42,  // CIFS
    0xfe534d42,  // SMB2
    0x01021997,  // 9p: WSL 2, virtual machines
    0x65735546,  // FUSE: sshfs, virtiofs, folders that Docker Desktop shares
    0x786f4256,  // VirtualBox
    0x00c36400,  // Ceph
    0x5346414f,  // AFS
    0xbacbacbc,  // VMware
};

}  // namespace

base::Result<Inotify> Inotify::create() {
  base::UniqueFd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd) return base::fail_errno("watch files", errno);
  return Inotify(std::move(fd));
}

base::Result<void> Inotify::watch(const std::vector<std::string>& directories) {
  std::unordered_map<int, std::string> watched;
  for (const std::string& directory : directories) {
    const int watch = ::inotify_add_watch(fd_.get(), directory.c_str(), kEvents);
    if (watch >= 0) {
      watched.insert_or_assign(watch, directory);
    } else if (errno == ENOSPC || errno == ENOMEM) {
      return base::fail_errno("watch a directory (fs.inotify.max_user_watches)", errno);
    }
    // Otherwise it is gone meanwhile, or may not be read.
  }
  for (const auto& [watch, directory] : directories_) {
    if (!watched.contains(watch)) ::inotify_rm_watch(fd_.get(), watch);
  }
  directories_ = std::move(watched);
  return {};
}

Inotify::Report Inotify::read() {
  Report report;
  alignas(inotify_event) std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t got = ::read(fd_.get(), buffer.data(), buffer.size());
    if (got <= 0) return report;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof(event));
      const char* const name = buffer.data() + at + sizeof(event);
      take(event.wd, event.mask, {name, ::strnlen(name, event.len)}, report);
      at += sizeof(event) + event.len;
    }
  }
}

void Inotify::take(int watch, std::uint32_t mask, std::string_view name, Report& report) {
  if ((mask & IN_Q_OVERFLOW) != 0) report.incomplete = true;
  const auto directory = directories_.find(watch);
  if (directory == directories_.end()) return;  // a watch that was removed
  const bool structure = (mask & (IN_ISDIR | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) != 0;
  if (structure || report.paths.size() >= kMostPaths) report.incomplete = true;
  if ((mask & IN_IGNORED) != 0) directories_.erase(directory);
  if (structure || (mask & IN_IGNORED) != 0 || report.incomplete || name.empty()) return;
  report.paths.push_back(directory->second + "/" + std::string(name));
}

bool Inotify::is_unreliable_for(const std::string& directory) {
  struct statfs status{};
  if (::statfs(directory.c_str(), &status) != 0) return false;
  return std::ranges::find(kRemoteFileSystems, static_cast<std::uint32_t>(status.f_type)) !=
         kRemoteFileSystems.end();
}

}  // namespace tusk::app::development
