// getlogin(), getpwnam(), getpwuid(): PHP, libtidy ("~user/" in a file's name) and libgpg-error
// call them. They return their results in buffers of the thread (php/libc/thread_answer.h), on
// every thread.

#include <array>
#include <cerrno>

#include <limits.h>
#include <pwd.h>
#include <unistd.h>

#include "php/libc/thread_answer.h"

using tusk::php::libc::answer_of_thread;

extern "C" char* getlogin() {
  static constinit thread_local std::array<char, LOGIN_NAME_MAX + 1> name{};
  const int error = ::getlogin_r(name.data(), name.size());
  if (error == 0) return name.data();
  errno = error;
  return nullptr;
}

extern "C" passwd* getpwnam(const char* name) {
  return answer_of_thread<passwd>([&](auto... where) { return ::getpwnam_r(name, where...); });
}

extern "C" passwd* getpwuid(uid_t user) {
  return answer_of_thread<passwd>([&](auto... where) { return ::getpwuid_r(user, where...); });
}
