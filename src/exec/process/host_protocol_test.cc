#include "exec/process/host_protocol.h"

#include <array>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tusk::exec::process {
namespace {

bool is_same_file(int one, int other) {
  struct stat first{};
  struct stat second{};
  if (::fstat(one, &first) != 0 || ::fstat(other, &second) != 0) return false;
  return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

int open_descriptors() {
  int count = 0;
  DIR* const folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

class HostProtocol : public testing::Test {
 protected:
  void SetUp() override {
    std::array<int, 2> pair{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()), 0);
    here_.reset(pair[0]);
    there_.reset(pair[1]);
    ASSERT_EQ(::pipe2(pair.data(), O_CLOEXEC), 0);
    file_.reset(pair[0]);
    other_file_.reset(pair[1]);
  }

  // Sends raw bytes with `count` copies of file_.
  void send_raw(const void* bytes, std::size_t size, std::size_t count = 0) const {
    iovec part{const_cast<void*>(bytes), size};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * 253)> control{};
    if (count != 0) {
      message.msg_control = control.data();
      message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
      cmsghdr* const header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof(int) * count);
      auto* const descriptors = reinterpret_cast<int*>(CMSG_DATA(header));
      for (std::size_t i = 0; i < count; ++i) descriptors[i] = file_.get();
    }
    ASSERT_EQ(::sendmsg(here_.get(), &message, MSG_DONTWAIT), static_cast<ssize_t>(size));
  }

  base::UniqueFd here_;
  base::UniqueFd there_;
  base::UniqueFd file_;
  base::UniqueFd other_file_;
};

TEST_F(HostProtocol, CarriesAMessage) {
  const Message sent{.kind = MessageKind::kEnded, .worker = 3, .pid = 4711, .value = -9};
  ASSERT_TRUE(send(here_.get(), sent));
  const auto got = receive(there_.get());
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->message.kind, MessageKind::kEnded);
  EXPECT_EQ(got->message.worker, 3);
  EXPECT_EQ(got->message.pid, 4711);
  EXPECT_EQ(got->message.value, -9);
  EXPECT_TRUE(got->text.empty());
  EXPECT_TRUE(got->descriptors.empty());
}

TEST_F(HostProtocol, CarriesTextUpToItsLimit) {
  std::string text(kMostText, 'x');
  text[5] = '\0';
  ASSERT_TRUE(send(here_.get(), {.kind = MessageKind::kHello}, text));
  ASSERT_TRUE(send(here_.get(), {.kind = MessageKind::kStop}, "next"));
  auto got = receive(there_.get());
  ASSERT_TRUE(got);
  EXPECT_EQ(got->text, text);
  got = receive(there_.get());
  ASSERT_TRUE(got);
  EXPECT_EQ(got->text, "next") << "packets keep apart";
  text += 'x';
  EXPECT_FALSE(send(here_.get(), {.kind = MessageKind::kHello}, text));
}

TEST_F(HostProtocol, CarriesDescriptorsInTheirOrder) {
  ASSERT_TRUE(send(here_.get(), {.kind = MessageKind::kFork}, "text",
                   {file_.get(), other_file_.get(), here_.get()}));
  const auto got = receive(there_.get());
  ASSERT_TRUE(got);
  EXPECT_EQ(got->text, "text");
  ASSERT_EQ(got->descriptors.size(), 3U);
  EXPECT_TRUE(is_same_file(got->descriptors[0].get(), file_.get()));
  EXPECT_TRUE(is_same_file(got->descriptors[1].get(), other_file_.get()));
  EXPECT_TRUE(is_same_file(got->descriptors[2].get(), here_.get()));
  for (const base::UniqueFd& descriptor : got->descriptors)
    EXPECT_EQ(::fcntl(descriptor.get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST_F(HostProtocol, CarriesAsManyDescriptorsAsLoopsNeed) {
  std::vector<int> many(kMostDescriptors, file_.get());
  ASSERT_TRUE(send(here_.get(), {.kind = MessageKind::kHello}, {}, many));
  const auto got = receive(there_.get());
  ASSERT_TRUE(got);
  EXPECT_EQ(got->descriptors.size(), kMostDescriptors);
  many.push_back(file_.get());
  EXPECT_FALSE(send(here_.get(), {.kind = MessageKind::kHello}, {}, many));
}

TEST_F(HostProtocol, TellsThatTheOtherSideIsGone) {
  ASSERT_TRUE(send(here_.get(), {.kind = MessageKind::kStop}));
  here_.reset();
  EXPECT_TRUE(receive(there_.get())) << "its last message counts";
  const auto got = receive(there_.get());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().message, "");
  EXPECT_FALSE(send(there_.get(), {.kind = MessageKind::kStop})) << "and no SIGPIPE";
  EXPECT_FALSE(send(-1, {.kind = MessageKind::kStop}));
  const auto none = receive(-1);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message, "");
}

TEST_F(HostProtocol, DoesNotWaitForASideThatDoesNotRead) {
  const std::string text(kMostText, 'x');
  int sent = 0;
  while (sent < 100'000 && send(here_.get(), {.kind = MessageKind::kFork}, text)) ++sent;
  EXPECT_GT(sent, 0);
  EXPECT_LT(sent, 100'000);
  // That is no failure for who can wait.
  const Message fork{.kind = MessageKind::kFork};
  base::Result<bool> later = true;
  while (later && *later) later = try_send(here_.get(), fork, text);
  ASSERT_TRUE(later) << later.error().message;
  for (int i = 0; i < sent; ++i) ASSERT_TRUE(receive(there_.get()));
  later = try_send(here_.get(), fork);
  EXPECT_TRUE(later && *later);
  there_.reset();
  EXPECT_FALSE(try_send(here_.get(), fork)) << "gone";
}

TEST_F(HostProtocol, RefusesShortAndLongPackets) {
  const int before = open_descriptors();
  const std::string bytes(sizeof(Message) + kMostText + 1, 'x');
  send_raw(bytes.data(), 1);
  auto got = receive(there_.get());
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().message, "");
  send_raw(bytes.data(), sizeof(Message) - 1, 3);
  EXPECT_FALSE(receive(there_.get()));
  send_raw(bytes.data(), bytes.size(), 3);
  EXPECT_FALSE(receive(there_.get())) << "cut off";
  send_raw(bytes.data(), sizeof(Message), kMostDescriptors + 10);
  EXPECT_FALSE(receive(there_.get())) << "not all descriptors";
  EXPECT_EQ(open_descriptors(), before) << "those that came are closed";
  send_raw(bytes.data(), bytes.size() - 1);
  EXPECT_TRUE(receive(there_.get()));
}

TEST_F(HostProtocol, RefusesAMessageWhoseDescriptorsDoNotFit) {
  ASSERT_TRUE(send(here_.get(), {.kind = MessageKind::kFork}, {}, {file_.get(), file_.get()}));
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  base::UniqueFd lowest(base::duplicate(file_.get()));
  const rlimit one_left{static_cast<rlim_t>(lowest.get()) + 1, limit.rlim_max};
  lowest.reset();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &one_left), 0);
  const auto got = receive(there_.get());
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_FALSE(got) << "one of two would be taken for all";
}

TEST_F(HostProtocol, CarriesADescriptorWithItsTag) {
  EXPECT_FALSE(receive_descriptor(there_.get(), 5)) << "none, and no wait";
  ASSERT_TRUE(send_descriptor(here_.get(), file_.get(), 5));
  const base::UniqueFd got = receive_descriptor(there_.get(), 5);
  ASSERT_TRUE(got);
  EXPECT_TRUE(is_same_file(got.get(), file_.get()));
  EXPECT_FALSE(receive_descriptor(there_.get(), 5)) << "once";
  EXPECT_FALSE(send_descriptor(here_.get(), -1, 5));
  here_.reset();
  EXPECT_FALSE(receive_descriptor(there_.get(), 5)) << "closed";
}

TEST_F(HostProtocol, DropsDescriptorsOfEarlierRequests) {
  const int before = open_descriptors();
  for (std::uint64_t tag = 0; tag < 10; ++tag)
    ASSERT_TRUE(send_descriptor(here_.get(), other_file_.get(), tag));
  ASSERT_TRUE(send_descriptor(here_.get(), file_.get(), 10));
  const base::UniqueFd got = receive_descriptor(there_.get(), 10);
  EXPECT_TRUE(is_same_file(got.get(), file_.get()));
  EXPECT_EQ(open_descriptors(), before + 1);
}

TEST_F(HostProtocol, TakesExactlyOneDescriptorFromAHostileWorker) {
  const int before = open_descriptors();
  const std::uint64_t tag = 5;
  const std::array<std::uint64_t, 2> longer{tag, tag};
  send_raw(&tag, sizeof tag);           // none
  send_raw(&tag, sizeof tag, 2);        // two
  send_raw(&tag, sizeof tag, 253);      // more than there is room for
  send_raw(&longer, sizeof longer, 1);  // another message
  EXPECT_FALSE(receive_descriptor(there_.get(), tag));
  send_raw(&tag, 3, 1);  // too short: the worker is broken
  ASSERT_TRUE(send_descriptor(here_.get(), file_.get(), tag));
  EXPECT_FALSE(receive_descriptor(there_.get(), tag));
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(receive_descriptor(there_.get(), tag));
}

// One that waits when it is closed, until its peer has read everything.
TEST_F(HostProtocol, NoSocketThatIsSentKeepsItsReceiver) {
  const base::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  linger waits{.l_onoff = 1, .l_linger = 3600};
  ASSERT_EQ(::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &waits, sizeof waits), 0);
  ASSERT_TRUE(send_descriptor(here_.get(), socket.get(), 1));
  EXPECT_FALSE(receive_descriptor(there_.get(), 2));
  socklen_t size = sizeof waits;
  ASSERT_EQ(::getsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &waits, &size), 0);
  EXPECT_EQ(waits.l_onoff, 0);
}

TEST_F(HostProtocol, DropsAWholeBufferOfOldDescriptorsAtOnce) {
  int sent = 0;
  while (sent < 100'000 && send_descriptor(here_.get(), file_.get(), 1)) ++sent;
  EXPECT_LE(sent, kMostStaleDescriptors);
  EXPECT_FALSE(receive_descriptor(there_.get(), 2));
  EXPECT_FALSE(receive_descriptor(there_.get(), 1)) << "all of them";
}

}  // namespace
}  // namespace tusk::exec::process
