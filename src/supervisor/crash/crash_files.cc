#include "supervisor/crash/crash_files.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace tusk::supervisor::crash {

namespace {

constexpr std::string_view kStart = "crash-";
constexpr std::string_view kEnd = ".txt";
constexpr std::size_t kStampLength = std::string_view("20261128T124743Z").size();

std::string name_for(pid_t pid) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  return fmt::format("{}{:04}{:02}{:02}T{:02}{:02}{:02}Z-{}{}", kStart, utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, pid, kEnd);
}

// Other files in the directory are not tusk's to remove.
bool is_report(std::string_view name) {
  if (!name.starts_with(kStart) || !name.ends_with(kEnd)) return false;
  name.remove_prefix(kStart.size());
  name.remove_suffix(kEnd.size());
  return name.size() > kStampLength + 1 && name[8] == 'T' && name[kStampLength - 1] == 'Z' &&
         name[kStampLength] == '-' &&
         std::ranges::all_of(name.substr(kStampLength + 1),
                             [](char c) { return c >= '0' && c <= '9'; });
}

void remove_oldest(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(directory, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    std::string name = entry->path().filename().string();
    if (is_report(name)) names.push_back(std::move(name));
  }
  if (names.size() <= kMostCrashFiles) return;
  std::ranges::sort(names);
  names.resize(names.size() - kMostCrashFiles);
  for (const std::string& name : names) ::unlink((directory + "/" + name).c_str());
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

base::Result<std::string> write_crash_file(const std::string& directory, pid_t pid,
                                           std::string_view text) {
  const std::string path = directory + "/" + name_for(pid);
  const base::UniqueFd file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file || !write_all(file.get(), text)) {
    const int error = errno;
    if (file) ::unlink(path.c_str());
    return base::fail_errno("cannot write " + path, error);
  }
  remove_oldest(directory);
  return path;
}

}  // namespace tusk::supervisor::crash
