#include "php/libc/system_log.h"

#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <cstring>
#include <ctime>
#include <string>

#include <gtest/gtest.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/test_directory.h"

namespace tusk::php::libc {
namespace {

// A daemon's socket, in a directory of its own.
class Daemon {
 public:
  explicit Daemon(int type = SOCK_DGRAM) { start(type); }

  void start(int type = SOCK_DGRAM) {
    ::unlink(path_.c_str());
    fd_.reset(::socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    ASSERT_TRUE(fd_);
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    if (type == SOCK_STREAM) {
      ASSERT_EQ(::listen(fd_.get(), 8), 0);
    }
  }
  const std::string& path() const { return path_; }
  int fd() const { return fd_.get(); }

  // Returns the message without the parts that change: "<14>... name: text".
  std::string receive() {
    char text[65536];
    const ssize_t size = ::recv(fd_.get(), text, sizeof text, 0);
    return size < 0 ? "nothing" : std::string(text, static_cast<std::size_t>(size));
  }

 private:
  base::TestDirectory directory_;
  std::string path_ = directory_.path("log");
  base::UniqueFd fd_;
};

void say(SystemLog& log, int priority, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  log.log(priority, format, arguments);
  va_end(arguments);
}

// Turns "<14>Nov 28 01:02:03 name: text" into "<14>name: text".
std::string without_time(std::string line) {
  constexpr std::size_t kTime = sizeof "Nov 28 01:02:03";
  const std::size_t end = line.find('>');
  if (end == std::string::npos || line.size() < end + 1 + kTime) return line;
  EXPECT_EQ(line[end + kTime], ' ') << line;
  return line.erase(end + 1, kTime);
}

TEST(SystemLogTest, SaysWhatLibcSays) {
  Daemon daemon;
  SystemLog log(daemon.path());
  log.open("name", 0, LOG_LOCAL1);
  say(log, LOG_ERR, "%s %d", "text", 5);
  EXPECT_EQ(without_time(daemon.receive()), "<139>name: text 5");
  say(log, LOG_MAIL | LOG_INFO, "its own facility");
  EXPECT_EQ(without_time(daemon.receive()), "<22>name: its own facility");
  log.open("other", LOG_PID, LOG_USER);
  errno = ENOENT;
  say(log, LOG_WARNING, "%m");
  EXPECT_EQ(without_time(daemon.receive()),
            "<12>other[" + std::to_string(::getpid()) + "]: No such file or directory");
  EXPECT_EQ(errno, ENOENT);
  log.close();
  say(log, LOG_WARNING, "without a name");
  EXPECT_TRUE(without_time(daemon.receive())
                  .starts_with("<12>" + std::string(program_invocation_short_name)));
}

TEST(SystemLogTest, TimeIsEnglishAndPadded) {
  Daemon daemon;
  SystemLog log(daemon.path());
  say(log, LOG_INFO, "text");
  const std::string line = daemon.receive();
  std::tm time{};
  const char* const end = ::strptime(line.c_str() + 4, "%b %e %H:%M:%S ", &time);
  ASSERT_NE(end, nullptr) << line;
  EXPECT_EQ(end - line.c_str(), 20) << line;
}

TEST(SystemLogTest, MaskAndUnknownBits) {
  Daemon daemon;
  SystemLog log(daemon.path());
  EXPECT_EQ(log.set_mask(LOG_UPTO(LOG_ERR)), 0xff);
  EXPECT_EQ(log.set_mask(0), LOG_UPTO(LOG_ERR));
  say(log, LOG_WARNING, "masked");
  EXPECT_EQ(daemon.receive(), "nothing");
  say(log, 0x10000 | LOG_ERR, "strange");
  EXPECT_NE(daemon.receive().find("unknown facility/priority: 10003"), std::string::npos);
  EXPECT_NE(daemon.receive().find("strange"), std::string::npos);
}

TEST(SystemLogTest, ADaemonThatWasStartedAnewIsFoundAgain) {
  Daemon daemon;
  SystemLog log(daemon.path());
  say(log, LOG_INFO, "one");
  EXPECT_NE(daemon.receive().find("one"), std::string::npos);
  daemon.start();
  say(log, LOG_INFO, "two");
  EXPECT_NE(daemon.receive().find("two"), std::string::npos);
}

TEST(SystemLogTest, ADaemonMayListenOnAStream) {
  Daemon daemon(SOCK_STREAM);
  SystemLog log(daemon.path());
  say(log, LOG_INFO, "text");
  const base::UniqueFd accepted(::accept(daemon.fd(), nullptr, nullptr));
  ASSERT_TRUE(accepted);
  char text[256];
  const ssize_t size = ::recv(accepted.get(), text, sizeof text, 0);
  ASSERT_GT(size, 0);
  EXPECT_EQ(text[size - 1], '\0');
  EXPECT_NE(std::string(text).find(": text"), std::string::npos);
}

TEST(SystemLogTest, ADaemonThatTakesNothingHoldsOnlyOnce) {
  Daemon daemon;
  SystemLog log(daemon.path());
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 5000; ++i) say(log, LOG_INFO, "%d", i);
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took, SystemLog::kSendTimeout / 2);
  EXPECT_LT(took, 4 * SystemLog::kSendTimeout);
}

TEST(SystemLogTest, ResetForgetsEverything) {
  Daemon daemon;
  SystemLog log(daemon.path());
  EXPECT_FALSE(log.changed());
  log.open("name", LOG_PID, LOG_LOCAL7);
  log.set_mask(LOG_MASK(LOG_EMERG));
  EXPECT_TRUE(log.changed());
  log.reset();
  EXPECT_FALSE(log.changed());
  say(log, LOG_INFO, "text");
  EXPECT_EQ(without_time(daemon.receive()),
            "<14>" + std::string(program_invocation_short_name) + ": text");
}

TEST(SystemLogTest, NobodyListens) {
  SystemLog log("/nonexistent/log");
  say(log, LOG_INFO, "text");
  say(log, LOG_INFO, "%s", std::string(10000, 'x').c_str());
}

TEST(SystemLogTest, GoesBackToWhatWasKept) {
  Daemon daemon;
  SystemLog log(daemon.path());
  log.open("kept", 0, LOG_USER);
  log.keep();
  log.open("changed", 0, LOG_LOCAL7);
  log.set_mask(LOG_MASK(LOG_EMERG));
  log.put_back();
  say(log, LOG_INFO, "text");
  EXPECT_EQ(without_time(daemon.receive()), "<14>kept: text");
  log.close();
  log.put_back();
  say(log, LOG_INFO, "more");
  EXPECT_EQ(without_time(daemon.receive()), "<14>kept: more");
}

}  // namespace
}  // namespace tusk::php::libc
