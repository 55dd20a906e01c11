#include "http/body.h"

#include <array>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/test_directory.h"

namespace tusk::http {
namespace {

class BodyBufferTest : public testing::Test {
 protected:
  void SetUp() override {
    spool_.directory = directory_.path();
    spool_.memory_bytes = 1000;
    spool_.usage = &usage_;
  }

  static std::string pattern(std::size_t bytes) {
    std::string text(bytes, '\0');
    for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>(i * 7 + i / 251);
    return text;
  }

  static std::string read_all(const BodyBuffer& body, std::size_t piece) {
    std::string text;
    std::string buffer(piece, '\0');
    for (;;) {
      const auto count = body.read_at(text.size(), buffer);
      EXPECT_TRUE(count.has_value());
      if (!count || *count == 0) return text;
      text.append(buffer, 0, *count);
    }
  }

  base::TestDirectory directory_;
  BodyUsage usage_;
  BodySpool spool_;
};

TEST_F(BodyBufferTest, StaysInMemoryUpToTheLimit) {
  BodyBuffer body;
  EXPECT_TRUE(body.empty());
  ASSERT_TRUE(body.append({}, spool_).has_value());
  ASSERT_TRUE(body.append(pattern(600), spool_).has_value());
  ASSERT_TRUE(body.append(pattern(1000).substr(600), spool_).has_value());
  ASSERT_TRUE(body.finish(spool_).has_value());
  EXPECT_TRUE(body.in_memory());
  EXPECT_EQ(body.size(), 1000U);
  EXPECT_EQ(body.memory(), pattern(1000));
  EXPECT_EQ(read_all(body, 64), pattern(1000));
}

TEST_F(BodyBufferTest, GoesToAnUnlinkedFileBeyondIt) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{999}, std::size_t{70'000}}) {
    const std::string text = pattern(200'000);
    BodyBuffer body;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      ASSERT_TRUE(body.append(std::string_view(text).substr(at, piece), spool_).has_value());
    }
    EXPECT_FALSE(body.in_memory());
    EXPECT_EQ(body.size(), text.size());
    EXPECT_EQ(read_all(body, 10'000), text) << "before finish";
    ASSERT_TRUE(body.finish(spool_).has_value());
    EXPECT_EQ(read_all(body, 10'000), text);
    struct stat status{};
    ASSERT_EQ(::fstat(body.fd(), &status), 0);
    EXPECT_EQ(static_cast<std::size_t>(status.st_size), text.size());
    EXPECT_EQ(status.st_nlink, 0U);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    EXPECT_NE(::fcntl(body.fd(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_TRUE(std::filesystem::is_empty(spool_.directory));
    std::string window(10, '\0');
    ASSERT_EQ(body.read_at(text.size() - 3, window).value(), 3U);
    EXPECT_EQ(window.substr(0, 3), text.substr(text.size() - 3));
  }
}

TEST_F(BodyBufferTest, MovesAndLeavesNothing) {
  for (const std::size_t bytes : {std::size_t{10}, std::size_t{100'000}}) {
    BodyBuffer body;
    ASSERT_TRUE(body.append(pattern(bytes), spool_).has_value());
    BodyBuffer other(std::move(body));
    EXPECT_TRUE(body.empty() && body.in_memory());  // NOLINT(bugprone-use-after-move): the contract
    EXPECT_EQ(body.memory(), "");
    body = std::move(other);
    EXPECT_TRUE(other.empty() && other.in_memory());  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(read_all(body, 4096), pattern(bytes));
  }
}

TEST_F(BodyBufferTest, CanBeUsedAgain) {
  BodyBuffer body;
  ASSERT_TRUE(body.append(pattern(100'000), spool_).has_value());
  body.clear();
  EXPECT_TRUE(body.empty() && body.in_memory());
  ASSERT_TRUE(body.append("abc", spool_).has_value());
  EXPECT_EQ(body.memory(), "abc");
}

TEST_F(BodyBufferTest, ReportsWhatTheEnvironmentRefuses) {
  spool_.directory += "/none";
  BodyBuffer body;
  const auto result = body.append(pattern(2000), spool_);
  ASSERT_FALSE(result.has_value());
  EXPECT_NE(result.error().message.find("/none"), std::string::npos);
  body.clear();
  EXPECT_TRUE(body.append("a", spool_).has_value());
}

// A limit on the size of files, which fails as a full disk does.
TEST_F(BodyBufferTest, ReportsThatTheFileCannotGrow) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  BodyBuffer body;
  EXPECT_FALSE(body.append(pattern(100'000), spool_).has_value());
  EXPECT_TRUE(body.exceeds_file_size());
  EXPECT_FALSE(body.lacks_space());
  body.clear();
  EXPECT_FALSE(body.exceeds_file_size());
  EXPECT_TRUE(body.append(pattern(2000), spool_).has_value());  // gathered
  EXPECT_TRUE(body.append(pattern(3000), spool_).has_value());
  EXPECT_FALSE(body.finish(spool_).has_value());
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
}

// The limit of all bodies together.

TEST_F(BodyBufferTest, BeyondTheMemoryOfAllABodyGoesToItsFile) {
  spool_.total_memory_bytes = 1500;
  BodyBuffer first;
  BodyBuffer second;
  ASSERT_TRUE(first.append(pattern(900), spool_).has_value());
  ASSERT_TRUE(second.append(pattern(900), spool_).has_value());
  EXPECT_TRUE(first.in_memory());
  EXPECT_FALSE(second.in_memory()) << "there is no room for both";
  EXPECT_EQ(read_all(second, 100), pattern(900));
  EXPECT_LE(usage_.memory_bytes.load(), 1500);
  first.clear();
  BodyBuffer third;
  ASSERT_TRUE(third.append(pattern(900), spool_).has_value());
  EXPECT_TRUE(third.in_memory());
}

TEST_F(BodyBufferTest, BeyondTheDiskOfAllNothingIsKept) {
  spool_.total_disk_bytes = 300'000;
  {
    BodyBuffer first;
    ASSERT_TRUE(first.append(pattern(200'000), spool_).has_value());
    BodyBuffer second;
    EXPECT_FALSE(second.append(pattern(200'000), spool_).has_value());
    EXPECT_EQ(usage_.disk_bytes.load(), 200'000);
  }
  EXPECT_EQ(usage_.disk_bytes.load(), 0U);
  BodyBuffer third;
  EXPECT_TRUE(third.append(pattern(200'000), spool_).has_value());
}

TEST_F(BodyBufferTest, NothingIsCountedTwiceOrForEver) {
  {
    BodyBuffer one;
    ASSERT_TRUE(one.append(pattern(500), spool_).has_value());
    BodyBuffer two(std::move(one));
    BodyBuffer three;
    ASSERT_TRUE(three.append(pattern(70'000), spool_).has_value());
    ASSERT_TRUE(three.append(pattern(500), spool_).has_value());
    EXPECT_EQ(usage_.memory_bytes.load(), 1000U);
    three = std::move(two);
    EXPECT_EQ(usage_.memory_bytes.load(), 500U);
    EXPECT_EQ(usage_.disk_bytes.load(), 0U);
  }
  EXPECT_EQ(usage_.memory_bytes.load(), 0U);
  EXPECT_EQ(usage_.disk_bytes.load(), 0U);
}

// It counts what is allocated: at most one step more than the bytes, however they arrive.
TEST_F(BodyBufferTest, CountsWhatItsMemoryTakesUp) {
  constexpr std::uint64_t kStep = 256 * 1024;
  spool_.memory_bytes = 20 << 20;
  for (const std::size_t piece : {std::size_t{100}, std::size_t{16'384}, std::size_t{5'000'000}}) {
    const std::string text = pattern(5'000'000);
    BodyBuffer body;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      ASSERT_TRUE(body.append(std::string_view(text).substr(at, piece), spool_).has_value());
    }
    ASSERT_TRUE(body.in_memory());
    EXPECT_GE(usage_.memory_bytes.load(), text.size());
    EXPECT_LE(usage_.memory_bytes.load(), text.size() + kStep);
    EXPECT_EQ(body.memory(), text);
    body.clear();
    EXPECT_EQ(usage_.memory_bytes.load(), 0U);
  }
}

TEST_F(BodyBufferTest, ABodyThatGoesToItsFileGivesItsMemoryBack) {
  spool_.memory_bytes = 20 << 20;
  spool_.total_memory_bytes = (10 << 20);
  const std::string text = pattern(12'000'000);  // beyond the limit of all bodies
  BodyBuffer body;
  for (std::size_t at = 0; at < text.size(); at += 10'000) {
    ASSERT_TRUE(body.append(std::string_view(text).substr(at, 10'000), spool_).has_value());
    EXPECT_LE(usage_.memory_bytes.load(), spool_.total_memory_bytes);
  }
  EXPECT_FALSE(body.in_memory());
  EXPECT_LE(usage_.memory_bytes.load(), BodyMemory::kMaxInString) << "gathered";
  ASSERT_TRUE(body.finish(spool_).has_value());
  EXPECT_EQ(usage_.memory_bytes.load(), 0U);
  EXPECT_EQ(read_all(body, 100'000), text);
}

// The rest of the disk is for others.
TEST_F(BodyBufferTest, OfOneClientHoldNoMoreThanTheirPart) {
  spool_.client_disk_bytes = 250'000;
  const base::ClientKey one{.network = 1};
  const base::ClientKey other{.network = 2};
  const auto fill = [&](BodyBuffer& body, std::optional<base::ClientKey> client) {
    body.set_client(client);
    return body.append(pattern(100'000), spool_).has_value();
  };
  BodyBuffer first;
  BodyBuffer second;
  BodyBuffer third;
  EXPECT_TRUE(fill(first, one));
  EXPECT_TRUE(fill(second, one));
  EXPECT_FALSE(fill(third, one));
  EXPECT_TRUE(third.lacks_space());
  third.clear();
  EXPECT_EQ(usage_.disk_bytes, 200'000U);
  EXPECT_TRUE(fill(third, other)) << "another client has a part of its own";
  BodyBuffer unknown;
  EXPECT_TRUE(fill(unknown, std::nullopt));
  BodyBuffer moved = std::move(first);
  moved.clear();
  EXPECT_TRUE(fill(moved, one));
  EXPECT_EQ(usage_.of(one)->disk_bytes, 200'000U);
  for (BodyBuffer* const body : {&second, &third, &unknown, &moved}) body->clear();
  EXPECT_EQ(usage_.of(one)->disk_bytes, 0U);
  EXPECT_EQ(usage_.disk_bytes, 0U);
}

// Each file takes a descriptor, be it for one byte.
TEST_F(BodyBufferTest, TheNumberOfFilesIsLimited) {
  spool_.total_memory_bytes = 0;
  spool_.total_files = 3;
  spool_.client_files = 2;
  const base::ClientKey one{.network = 1};
  const base::ClientKey other{.network = 2};
  const auto fill = [&](BodyBuffer& body, const base::ClientKey& client) {
    body.set_client(client);
    return body.append("x", spool_).has_value();
  };
  std::array<BodyBuffer, 5> bodies;
  EXPECT_TRUE(fill(bodies[0], one));
  EXPECT_TRUE(fill(bodies[1], one));
  EXPECT_FALSE(fill(bodies[2], one));
  EXPECT_TRUE(bodies[2].lacks_space());
  EXPECT_TRUE(fill(bodies[3], other));
  EXPECT_FALSE(fill(bodies[4], other));
  for (BodyBuffer& body : bodies) body.clear();
  EXPECT_EQ(usage_.files, 0U);
  EXPECT_EQ(usage_.of(one)->files, 0U);
  EXPECT_TRUE(fill(bodies[2], one)) << "there is room again";
}

}  // namespace
}  // namespace tusk::http
