#include "observe/log_file.h"

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/high_descriptor.h"
#include "observe/writers.h"

namespace tusk::observe {

base::UniqueFd open_log_file(const std::string& path) noexcept {
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  return base::above_low_numbers(base::UniqueFd(::open(path.c_str(), kFlags, 0640)));
}

std::vector<std::string> unopenable_log_files() {
  std::vector<std::string> problems;
  for_each_writer([&](const LineWriter& writer) {
    if (writer.path().empty() || open_log_file(writer.path())) return;
    problems.push_back("cannot open " + writer.path() + ": " +
                       std::generic_category().message(errno) +
                       "; the file that was open before is used on");
  });
  return problems;
}

bool stderr_is_journal() noexcept {
  const char* const variable = std::getenv("JOURNAL_STREAM");
  if (variable == nullptr) return false;
  const std::string_view text(variable);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  dev_t device = 0;
  ino_t inode = 0;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), text.data() + colon, device);
  const auto second = std::from_chars(text.data() + colon + 1, end, inode);
  if (first.ptr != text.data() + colon || second.ptr != end) return false;
  struct stat status{};
  return ::fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

}  // namespace tusk::observe
