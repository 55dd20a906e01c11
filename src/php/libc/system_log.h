// SystemLog: openlog(), syslog() and setlogmask() for one thread. libc has one identity, facility,
// mask and socket for the process: lines of one request would carry another's name, and closelog(),
// which PHP calls at each request's end, would close the log of all requests.
//
// Owner: a ScriptThread, which resets it when the request ends. Thread: that worker.
#pragma once

#include <chrono>
#include <cstdarg>
#include <optional>
#include <string>

#include <sys/socket.h>
#include <syslog.h>

#include "base/unique_fd.h"

namespace tusk::php::libc {

// It sends what libc sends: one datagram per message to /dev/log, "<14>Nov 28 01:02:03 name[pid]:
// text" (RFC 3164 without a host). But a daemon that does not read holds a request up for
// kSendTimeout and no longer; messages that it does not take are lost.
class SystemLog {
 public:
  static constexpr std::chrono::milliseconds kSendTimeout{500};

  explicit SystemLog(std::string socket = "/dev/log") : socket_(std::move(socket)) {}

  // These do what the functions of libc do; null stands for the program's name.
  void open(const char* name, int options, int facility);
  void close() noexcept;
  int set_mask(int mask) noexcept;
  void log(int priority, const char* format, va_list arguments);

  bool changed() const { return changed_; }
  void reset() noexcept;

  // put_back() goes back to what openlog() and setlogmask() had set at keep().
  void keep();
  void put_back();

  // Applies the thread's settings to the process. For a process that has only this thread.
  void apply_to_process() const;

 private:
  struct Settings {
    std::optional<std::string> name;
    int options = 0;
    int facility = LOG_USER;
    int mask = 0xff;
  };

  bool connect() noexcept;
  int connect_as(int type) noexcept;
  bool send(const std::string& message) noexcept;
  int send_once(const std::string& message) noexcept;
  void log_text(int priority, const char* format, ...) __attribute__((format(printf, 3, 4)));

  std::string socket_;
  std::optional<std::string> name_;
  int options_ = 0;
  int facility_ = LOG_USER;
  int mask_ = 0xff;
  int type_ = SOCK_DGRAM;
  bool changed_ = false;
  bool stuck_ = false;  // the daemon has made us wait; not again in this request
  base::UniqueFd fd_;

  Settings kept_;
  bool touched_ = false;  // since keep() or put_back()
};

}  // namespace tusk::php::libc
