#include "tls/shared_ticket_keys.h"

#include <csignal>
#include <cstdint>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tls/ticket_keys.h"

namespace tusk::tls {
namespace {

using std::chrono::seconds;

constexpr seconds kInterval{100};

class SharedTicketKeysTest : public testing::Test {
 protected:
  SharedTicketKeysTest() : memory_(::memfd_create("keys", MFD_CLOEXEC)) {
    EXPECT_EQ(::ftruncate(memory_.get(), SharedTicketKeys::kMemoryBytes), 0);
  }

  std::unique_ptr<SharedTicketKeys> open() {
    return SharedTicketKeys::open(base::UniqueFd(::fcntl(memory_.get(), F_DUPFD_CLOEXEC, 0)));
  }

  // Returns the name of the key of a process that has its own TicketKeys.
  static std::string current(TicketKeys& keys, base::MonotonicTime now) {
    const auto key = keys.current(now);
    return {reinterpret_cast<const char*>(key->name.data()), key->name.size()};
  }

  std::uint64_t version() {
    std::uint64_t number = 0;
    EXPECT_EQ(::pread(memory_.get(), &number, sizeof number, 0), 8);
    return number;
  }
  void set_version(std::uint64_t number) {
    EXPECT_EQ(::pwrite(memory_.get(), &number, sizeof number, 0), 8);
  }

  base::UniqueFd memory_;
  const base::MonotonicTime start_ = base::now();
};

TEST_F(SharedTicketKeysTest, TwoProcessesHaveTheSameKeys) {
  TicketKeys one(kInterval, open());
  TicketKeys other(kInterval, open());
  const std::string first = current(one, start_);
  EXPECT_EQ(current(other, start_), first);
  ASSERT_TRUE(one.find(first, start_));
  EXPECT_EQ(one.find(first, start_)->key.cipher, other.find(first, start_)->key.cipher);
  EXPECT_EQ(one.find(first, start_)->key.mac, other.find(first, start_)->key.mac);
}

TEST_F(SharedTicketKeysTest, WhoeverSeesThatAKeyIsTooOldReplacesItForAll) {
  TicketKeys one(kInterval, open());
  TicketKeys other(kInterval, open());
  const std::string first = current(one, start_);
  const std::string second = current(other, start_ + kInterval);
  EXPECT_NE(second, first);
  EXPECT_EQ(current(one, start_ + kInterval), second);
  EXPECT_FALSE(one.find(first, start_ + kInterval)->is_current);
  EXPECT_FALSE(other.find(first, start_ + 2 * kInterval));
}

TEST_F(SharedTicketKeysTest, AProcessThatStartsLaterHasThem) {
  const std::string first = current(*std::make_unique<TicketKeys>(kInterval, open()), start_);
  TicketKeys later(kInterval, open());
  EXPECT_TRUE(later.find(first, start_ + seconds(1))->is_current);
}

TEST_F(SharedTicketKeysTest, AWriterThatHasDiedHoldsUpNobody) {
  TicketKeys one(kInterval, open());
  const std::string first = current(one, start_);
  set_version(version() + 1);  // odd: being written
  EXPECT_EQ(current(one, start_), first) << "it goes on with its copy";
  TicketKeys later(kInterval, open());
  const std::string second = current(later, start_);
  EXPECT_NE(second, first) << "it cannot know whether the words are whole";
  EXPECT_EQ(version() % 2, 0U);
  EXPECT_EQ(current(one, start_), second);
}

TEST_F(SharedTicketKeysTest, AWriterThatIsStoppedHoldsUpNobody) {
  const pid_t holder = ::fork();
  ASSERT_GE(holder, 0);
  if (holder == 0) {
    TicketKeyPair pair;
    const auto keys = open();
    keys->update(pair, [](TicketKeyPair&) { ::raise(SIGSTOP); });
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(holder, &status, WUNTRACED), holder);
  TicketKeys keys(kInterval, open());
  const std::string own = current(keys, start_);
  EXPECT_TRUE(keys.find(own, start_));
  ::kill(holder, SIGKILL);
  ASSERT_EQ(::waitpid(holder, &status, 0), holder);
  TicketKeys later(kInterval, open());
  const std::string shared = current(later, start_);
  EXPECT_EQ(current(keys, start_), shared);
}

TEST_F(SharedTicketKeysTest, RefusesOtherDescriptors) {
  EXPECT_EQ(SharedTicketKeys::open({}), nullptr);
  EXPECT_EQ(SharedTicketKeys::open(base::UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC))),
            nullptr);
}

}  // namespace
}  // namespace tusk::tls
