#include "php/libc/system_log.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "php/libc/libc_function.h"

namespace tusk::php::libc {

namespace {

constexpr int kKnownBits = LOG_PRIMASK | LOG_FACMASK;

std::string formatted(const char* format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  const int error = errno;  // for "%m"
  std::string text(256, '\0');
  int length = std::vsnprintf(text.data(), text.size(), format, arguments);
  if (length >= 0 && static_cast<std::size_t>(length) >= text.size()) {
    text.resize(static_cast<std::size_t>(length) + 1);
    errno = error;
    length = std::vsnprintf(text.data(), text.size(), format, again);
  }
  va_end(again);
  text.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
  return text;
}

// Returns "<14>Nov 28 01:02:03 ", in English whatever the thread's locale is.
std::string header(int priority) {
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t now = std::time(nullptr);
  std::tm time{};
  ::localtime_r(&now, &time);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "<%d>%s %2d %02d:%02d:%02d ", priority,
                kMonths[static_cast<std::size_t>(time.tm_mon)], time.tm_mday, time.tm_hour,
                time.tm_min, time.tm_sec);
  return text.data();
}

void write_to_stderr(const std::string& line) noexcept {
  char end[] = "\n";
  const iovec parts[] = {{const_cast<char*>(line.data()), line.size()}, {end, 1}};
  (void)!::writev(STDERR_FILENO, parts, line.ends_with('\n') ? 1 : 2);
}

void write_to_console(const std::string& line) noexcept {
  const base::UniqueFd console(
      ::open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  if (console) ::dprintf(console.get(), "%s\r\n", line.c_str());
}

}  // namespace

void SystemLog::open(const char* name, int options, int facility) {
  changed_ = touched_ = true;
  name_ = name == nullptr ? std::nullopt : std::optional<std::string>(name);
  options_ = options;
  if ((facility & ~LOG_FACMASK) == 0) facility_ = facility;
  if ((options & LOG_NDELAY) != 0 && !fd_) (void)connect();
}

void SystemLog::close() noexcept {
  touched_ = touched_ || name_.has_value();
  fd_.reset();
  name_.reset();
  type_ = SOCK_DGRAM;
}

int SystemLog::set_mask(int mask) noexcept {
  const int before = mask_;
  if (mask != 0) {
    mask_ = mask;
    changed_ = touched_ = true;
  }
  return before;
}

void SystemLog::log(int priority, const char* format, va_list arguments) {
  const int error = errno;
  if ((priority & ~kKnownBits) != 0) {
    log_text(LOG_ERR, "syslog: unknown facility/priority: %x", static_cast<unsigned>(priority));
    priority &= kKnownBits;
  }
  if ((LOG_MASK(LOG_PRI(priority)) & mask_) == 0) return;
  if ((priority & LOG_FACMASK) == 0) priority |= facility_;
  changed_ = true;
  std::string line = name_ ? *name_ : program_invocation_short_name;
  if ((options_ & LOG_PID) != 0) line += '[' + std::to_string(::getpid()) + ']';
  line += ": ";
  errno = error;
  line += formatted(format, arguments);
  if ((options_ & LOG_PERROR) != 0) write_to_stderr(line);
  if (!send(header(priority) + line) && (options_ & LOG_CONS) != 0) write_to_console(line);
  errno = error;
}

void SystemLog::log_text(int priority, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  log(priority, format, arguments);
  va_end(arguments);
}

// Returns 0 or errno.
int SystemLog::connect_as(int type) noexcept {
  sockaddr_un address{};
  if (socket_.size() >= sizeof address.sun_path) return ENAMETOOLONG;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  // This bypasses our own socket(), which would count it as the script's
  // (php/descriptors/libc_descriptors.cc): it is closed here and nowhere else.
  fd_.reset(static_cast<int>(::syscall(SYS_socket, AF_UNIX, type | SOCK_CLOEXEC, 0)));
  if (!fd_) return EMFILE;
  const timeval timeout{
      .tv_sec = kSendTimeout.count() / 1000,
      .tv_usec = static_cast<suseconds_t>(kSendTimeout.count() % 1000 * 1000),
  };
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  errno = 0;
  if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    type_ = type;
    return 0;
  }
  const int error = errno;
  fd_.reset();
  return error;
}

// A daemon may listen on a stream.
bool SystemLog::connect() noexcept {
  const int error = connect_as(type_);
  if (error != EPROTOTYPE) return error == 0;
  return connect_as(type_ == SOCK_DGRAM ? SOCK_STREAM : SOCK_DGRAM) == 0;
}

// Returns 0 or errno.
int SystemLog::send_once(const std::string& message) noexcept {
  // On a stream, NUL ends a message.
  const std::size_t size = message.size() + (type_ == SOCK_STREAM ? 1 : 0);
  errno = 0;
  const ssize_t sent =
      ::send(fd_.get(), message.c_str(), size, MSG_NOSIGNAL | (stuck_ ? MSG_DONTWAIT : 0));
  const int error = sent < 0 ? errno : 0;
  if (error == EAGAIN) stuck_ = true;
  if (sent >= 0 && sent != static_cast<ssize_t>(size)) return EAGAIN;
  return error;
}

bool SystemLog::send(const std::string& message) noexcept {
  if (fd_) {
    const int error = send_once(message);
    if (error == 0) return true;
    if (error == EAGAIN || error == EMSGSIZE) return false;
    // The daemon has been restarted since.
    fd_.reset();
  }
  return connect() && send_once(message) == 0;
}

void SystemLog::reset() noexcept {
  close();
  options_ = 0;
  facility_ = LOG_USER;
  mask_ = 0xff;
  changed_ = touched_ = false;
  stuck_ = false;
  kept_ = {};
}

void SystemLog::keep() {
  kept_ = {name_, options_, facility_, mask_};
  touched_ = false;
}

// Its connection may stay: libc's would too.
void SystemLog::put_back() {
  stuck_ = false;
  if (!touched_) return;
  touched_ = false;
  name_ = kept_.name;
  options_ = kept_.options;
  facility_ = kept_.facility;
  mask_ = kept_.mask;
}

void SystemLog::apply_to_process() const {
  static const auto open = libc_function<decltype(::openlog)>("openlog");
  static const auto set_mask = libc_function<decltype(::setlogmask)>("setlogmask");
  // libc keeps the pointer for as long as the process lives.
  open(name_ ? ::strdup(name_->c_str()) : nullptr, options_, facility_);
  set_mask(mask_);
}

}  // namespace tusk::php::libc
