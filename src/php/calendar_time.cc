// localtime(), gmtime(), asctime(), ctime(): libc answers in buffers of the process; ours in those
// of the thread, which nobody can tell from libc's.

#include <array>
#include <ctime>

namespace {

constinit thread_local std::tm parts{};
// asctime_r() wants 26; a year may have more digits than four.
constinit thread_local std::array<char, 64> text{};

}  // namespace

// localtime_r() need not look at what TZ is now, localtime() must (POSIX).
extern "C" std::tm* localtime(const std::time_t* time) noexcept {
  ::tzset();
  return ::localtime_r(time, &parts);
}

extern "C" std::tm* gmtime(const std::time_t* time) noexcept { return ::gmtime_r(time, &parts); }

extern "C" char* asctime(const std::tm* time) noexcept { return ::asctime_r(time, text.data()); }

extern "C" char* ctime(const std::time_t* time) noexcept {
  const std::tm* const local = ::localtime(time);
  return local == nullptr ? nullptr : ::asctime(local);
}
