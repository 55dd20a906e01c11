#include "php/preload/list/list_file.h"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tusk::php::preload::inline list {

namespace {

constexpr std::size_t kMostBytes = std::size_t{32} << 20;
constexpr std::chrono::milliseconds kPause{10};

// Nobody but this user and root can have written it.
bool is_own(const struct stat& info) {
  return (info.st_uid == ::geteuid() || info.st_uid == 0) &&
         (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

base::Result<ListFile> ListFile::lock(const std::string& path, base::Duration patience) {
  std::error_code failed;
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  std::filesystem::create_directories(directory, failed);
  if (failed) return base::fail("cannot make " + directory.string() + ": " + failed.message());
  const std::string name = path + ".lock";
  base::UniqueFd fd(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return base::fail_errno("cannot open " + name, errno);
  const base::MonotonicTime until = base::now() + patience;
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return base::fail_errno("cannot lock " + name, errno);
    if (base::now() >= until) return base::fail("another process has locked " + name);
    std::this_thread::sleep_for(kPause);
  }
  return ListFile(path, std::move(fd));
}

base::Result<PreloadList> ListFile::read(const std::string& path, Owner owner) {
  const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && errno == ENOENT) return PreloadList();
  if (!fd) return base::fail_errno("cannot open " + path, errno);
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode))
    return base::fail(path + " is no regular file");
  if (owner == Owner::kThisUser && !is_own(info))
    return base::fail(path + " is not this user's alone");
  if (static_cast<std::uint64_t>(info.st_size) > kMostBytes)
    return base::fail(path + " is too long");
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  const ssize_t got = ::pread(fd.get(), text.data(), text.size(), 0);
  if (got < 0) return base::fail_errno("cannot read " + path, errno);
  text.resize(static_cast<std::size_t>(got));
  base::Result<PreloadList> list = from_json(text);
  if (!list) return base::fail(path + " cannot be read: " + list.error().message);
  return list;
}

base::Result<void> ListFile::write(const PreloadList& list) const {
  const std::string name = path_ + ".new";
  ::unlink(name.c_str());
  const base::UniqueFd fd(
      ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd) return base::fail_errno("cannot write " + name, errno);
  const bool is_written = write_all(fd.get(), to_json(list)) && ::fchmod(fd.get(), 0644) == 0 &&
                          std::rename(name.c_str(), path_.c_str()) == 0;
  if (is_written) return {};
  const int number = errno;
  ::unlink(name.c_str());
  return base::fail_errno("cannot write " + path_, number);
}

}  // namespace tusk::php::preload::inline list
