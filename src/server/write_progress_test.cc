#include "server/write_progress.h"

#include <array>
#include <string>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace tusk::server {
namespace {

using std::chrono::seconds;

using exec::StoreUse;

// A socket with unread bytes, of which the test reads some.
class WriteProgressTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    server_.reset(ends[0]);
    client_.reset(ends[1]);
    // The kernel counts whole buffers of a unix socket, so each piece is one.
    for (int i = 0; i < 10; ++i) {
      const std::string piece(kPiece, 'x');
      ASSERT_EQ(::send(server_.get(), piece.data(), piece.size(), 0), static_cast<ssize_t>(kPiece));
    }
  }

  void client_reads(int pieces) {
    for (int i = 0; i < pieces; ++i) {
      std::array<char, kPiece> piece;
      ASSERT_EQ(::recv(client_.get(), piece.data(), piece.size(), 0), static_cast<ssize_t>(kPiece));
    }
  }

  static constexpr std::size_t kPiece = 1000;
  base::UniqueFd server_;
  base::UniqueFd client_;
};

TEST_F(WriteProgressTest, TheFirstWaitIsShortAndJudgesNobody) {
  WriteProgress progress(server_.get(), seconds(60), 0);
  EXPECT_EQ(progress.next_wait(StoreUse::kNone), seconds(1));
  EXPECT_TRUE(progress.is_sufficient(seconds(1), StoreUse::kNone));
  EXPECT_EQ(progress.next_wait(StoreUse::kNone), seconds(60));
}

TEST_F(WriteProgressTest, EndsAClientThatReadsNothing) {
  WriteProgress progress(server_.get(), seconds(60), 0);
  ASSERT_TRUE(progress.is_sufficient(seconds(1), StoreUse::kNone));
  client_reads(1);
  EXPECT_TRUE(progress.is_sufficient(seconds(60), StoreUse::kNone));
  EXPECT_FALSE(progress.is_sufficient(seconds(60), StoreUse::kNone));
}

TEST_F(WriteProgressTest, RequiresTheMinimumRate) {
  WriteProgress progress(server_.get(), seconds(60), 100);  // 6,000 bytes in each timeout
  ASSERT_TRUE(progress.is_sufficient(seconds(1), StoreUse::kNone));
  client_reads(8);
  EXPECT_TRUE(progress.is_sufficient(seconds(60), StoreUse::kNone));
  client_reads(1);
  EXPECT_FALSE(progress.is_sufficient(seconds(60), StoreUse::kNone));
}

TEST_F(WriteProgressTest, AShortTimeoutIsTheFirstWait) {
  WriteProgress progress(server_.get(), std::chrono::milliseconds(200), 0);
  EXPECT_EQ(progress.next_wait(StoreUse::kNone), std::chrono::milliseconds(200));
  EXPECT_FALSE(progress.is_sufficient(std::chrono::milliseconds(200), StoreUse::kNone));
}

TEST_F(WriteProgressTest, AStoredResponseIsCheckedSoonerWhileTheStoreIsNearlyFull) {
  WriteProgress progress(server_.get(), seconds(60), 0);
  ASSERT_TRUE(progress.is_sufficient(seconds(1), StoreUse::kWithRoom));
  EXPECT_EQ(progress.next_wait(StoreUse::kWithRoom), WriteProgress::kStoredWait);
  EXPECT_TRUE(progress.is_sufficient(seconds(8), StoreUse::kWithRoom)) << "not yet the timeout";
  EXPECT_FALSE(progress.is_sufficient(seconds(8), StoreUse::kNearlyFull));
}

}  // namespace
}  // namespace tusk::server
