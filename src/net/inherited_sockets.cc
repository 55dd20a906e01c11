#include "net/inherited_sockets.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace tusk::net {

namespace {

constexpr int kFirst = 3;  // SD_LISTEN_FDS_START
constexpr int kMost = 1024;

std::string take_variable(const char* name) {
  const char* const value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

bool read_number(std::string_view text, int& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 0;
}

}  // namespace

base::Result<std::vector<InheritedSocket>> take_inherited_sockets() {
  const std::string pid_text = take_variable("LISTEN_PID");
  const std::string count_text = take_variable("LISTEN_FDS");
  const std::string names_text = take_variable("LISTEN_FDNAMES");
  std::vector<InheritedSocket> sockets;
  int pid = 0;
  int count = 0;
  if (count_text.empty() || !read_number(pid_text, pid) || pid != ::getpid()) return sockets;
  if (!read_number(count_text, count) || count > kMost) {
    return base::fail("LISTEN_FDS=" + count_text + " is not a number of sockets");
  }
  std::string_view names = names_text;
  for (int fd = kFirst; fd < kFirst + count; ++fd) {
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
      return base::fail_errno("inherited socket " + std::to_string(fd), errno);
    }
    const std::string_view name = names.substr(0, names.find(':'));
    names.remove_prefix(std::min(name.size() + 1, names.size()));
    sockets.push_back({base::UniqueFd(fd), std::string(name)});
  }
  return sockets;
}

}  // namespace tusk::net
