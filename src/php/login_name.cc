// getlogin(): libc answers in one buffer of the process; ours in one of the thread.

#include <array>
#include <cerrno>

#include <limits.h>
#include <unistd.h>

extern "C" char* getlogin() {
  static constinit thread_local std::array<char, LOGIN_NAME_MAX + 1> name{};
  const int error = ::getlogin_r(name.data(), name.size());
  if (error == 0) return name.data();
  errno = error;
  return nullptr;
}
