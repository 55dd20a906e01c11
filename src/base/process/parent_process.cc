#include "base/process/parent_process.h"

#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace tusk::base::process {

pid_t parent_of(pid_t process) {
  const UniqueFd directory(
      ::open(("/proc/" + std::to_string(process)).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  return directory ? parent_in(directory.get()) : 0;
}

// The file is "PID (NAME) STATE PARENT ...", and the name may have anything in it.
pid_t parent_in(int directory) {
  const UniqueFd file(::openat(directory, "stat", O_RDONLY | O_CLOEXEC));
  if (!file) return 0;
  std::array<char, 1024> text;
  const ssize_t length = ::read(file.get(), text.data(), text.size());
  if (length <= 0) return 0;
  std::string_view rest(text.data(), static_cast<std::size_t>(length));
  constexpr std::string_view kBeforeParent = ") S ";
  const std::size_t name_end = rest.rfind(')');
  if (name_end == std::string_view::npos || rest.size() - name_end < kBeforeParent.size()) return 0;
  rest.remove_prefix(name_end + kBeforeParent.size());
  pid_t parent = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), parent);
  return parent;
}

}  // namespace tusk::base::process
