#include "host/boot_descriptors.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/boot_channels.h"

namespace tusk::host {

namespace {

namespace fs = std::filesystem;

std::string host_and_port(int family, const void* host, in_port_t port) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family, host, text.data(), text.size());
  const std::string name(text.data());
  return (family == AF_INET6 ? "[" + name + "]" : name) + ":" + std::to_string(ntohs(port));
}

std::string peer_of(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    return host_and_port(AF_INET, &v4.sin_addr, v4.sin_port);
  }
  if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    return host_and_port(AF_INET6, &v6.sin6_addr, v6.sin6_port);
  }
  if (storage.ss_family != AF_UNIX) return {};
  const auto& local = reinterpret_cast<const sockaddr_un&>(storage);
  const std::size_t length = size > offsetof(sockaddr_un, sun_path)
                                 ? size - offsetof(sockaddr_un, sun_path)
                                 : std::size_t{0};
  return {local.sun_path, ::strnlen(local.sun_path, length)};
}

std::string socket_text(int fd) {
  const std::string peer = peer_of(fd);
  return peer.empty() ? "a socket" : "a connection to " + peer;
}

// The locks that each connection of SQLite to a database in WAL mode has without a transaction
// (https://sqlite.org/walformat.html): one on the database, and one on the index of the WAL. They
// only say that the files are used, so the host's are enough.
bool says_that_wal_is_used(std::string_view lock, const std::string& file) {
  if (lock.find(" READ ") == std::string_view::npos) return false;
  if (file.ends_with("-shm")) return lock.ends_with(" 128 128");
  std::error_code failed;
  return lock.ends_with(" 1073741826 1073742335") && fs::exists(file + "-shm", failed);
}

// proc(5): the locks that this process holds by the descriptor.
bool holds_lock(int fd, const std::string& file) {
  std::ifstream info("/proc/self/fdinfo/" + std::to_string(fd));
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("lock:") && !says_that_wal_is_used(line, file)) return true;
  }
  return false;
}

// Empty: a file that is not locked, a directory or a device, which each process may use. A lock of
// fcntl(2) would be the host's alone, and one of flock(2) all workers'.
std::string problem_of(int fd) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return {};
  if (S_ISSOCK(status.st_mode)) return "has " + socket_text(fd) + " open";
  if (S_ISFIFO(status.st_mode)) return "has a pipe open";
  std::error_code failed;
  const std::string target =
      fs::read_symlink("/proc/self/fd/" + std::to_string(fd), failed).native();
  constexpr std::string_view kAnonymous = "anon_inode:";
  if (!failed && S_ISREG(status.st_mode) && holds_lock(fd, target))
    return "holds a lock on " + target + ", such as that of a transaction,";
  if (failed || !target.starts_with(kAnonymous)) return {};
  std::string_view kind = std::string_view(target).substr(kAnonymous.size());
  if (kind.starts_with('[') && kind.ends_with(']')) kind = kind.substr(1, kind.size() - 2);
  return "has " +
         (kind == "inotify" ? "a watch on files (inotify)"
                            : "a descriptor of " + std::string(kind)) +
         " open";
}

// What the descriptor is for, whatever its number.
std::pair<dev_t, ino_t> identity(int fd) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

std::size_t count_threads() {
  std::error_code failed;
  std::size_t count = 0;
  for (auto entry = fs::directory_iterator("/proc/self/task", failed);
       !failed && entry != fs::directory_iterator(); entry.increment(failed))
    ++count;
  return count;
}

}  // namespace

std::set<int> open_descriptors() {
  std::set<int> descriptors;
  std::error_code failed;
  for (auto entry = fs::directory_iterator("/proc/self/fd", failed);
       !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    const std::string name = entry->path().filename().native();
    int fd = -1;
    std::from_chars(name.data(), name.data() + name.size(), fd);
    // That of the directory is closed when this returns.
    if (fd >= 0) descriptors.insert(fd);
  }
  std::erase_if(descriptors, [](int fd) {
    struct stat status{};
    return ::fstat(fd, &status) != 0;
  });
  return descriptors;
}

std::set<int> opened_since(const std::set<int>& before) {
  std::set<std::pair<dev_t, ino_t>> known;
  for (const int fd : before) known.insert(identity(fd));
  std::set<int> opened = open_descriptors();
  std::erase_if(opened,
                [&](int fd) { return before.contains(fd) || known.contains(identity(fd)); });
  return opened;
}

std::string unshareable(const std::set<int>& before, const BootChannels& channels) {
  for (const int fd : opened_since(before)) {
    if (channels.has(fd)) continue;
    const std::string problem = problem_of(fd);
    if (!problem.empty())
      return "it " + problem + " (descriptor " + std::to_string(fd) +
             ") when it asks for its first request, which its workers would share: close it "
             "before, and open it in a function given to tusk_after_rewind()";
  }
  if (count_threads() > 1)
    return "the process has another thread when it asks for its first request, which no worker "
           "would have";
  return {};
}

}  // namespace tusk::host
