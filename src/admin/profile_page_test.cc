#include "admin/profile_page.h"

#include <gtest/gtest.h>

#include "exec/job.h"

namespace tusk::admin {
namespace {

using observe::profile::Clock;
using observe::profile::Format;

constexpr std::string_view kPools[] = {"default", "export"};

bool wants(std::string_view query, std::string_view path, std::string_view script,
           std::uint16_t pool = 0) {
  const auto read = read_profile_query(query, kPools);
  EXPECT_TRUE(read) << read.error().message;
  exec::Job job;
  job.head.path = job.store(path);
  job.script_filename = job.store(script);
  job.pool = pool;
  return !read->wants || read->wants(job);
}

TEST(ProfilePage, ReadsItsQuery) {
  const auto usual = read_profile_query("", kPools);
  ASSERT_TRUE(usual);
  EXPECT_EQ(usual->length, std::chrono::seconds(30));
  EXPECT_EQ(usual->format, Format::kFlameGraph);
  EXPECT_FALSE(usual->wants);
  const auto other = read_profile_query("seconds=0.5&format=folded&clock=cpu", kPools);
  EXPECT_EQ(other->length, std::chrono::milliseconds(500));
  EXPECT_EQ(other->format, Format::kFolded);
  EXPECT_EQ(other->clock, Clock::kCpu);
  for (const char* const wrong : {"seconds=", "seconds=0", "seconds=1&format=svg", "clock=sun",
                                  "pool=web", "pool=exp", "path=%5B", "seconds", "expires=1"}) {
    const Page page = profile_page(nullptr, wrong, kPools);
    EXPECT_EQ(page.status, 404);
    EXPECT_FALSE(read_profile_query(wrong, kPools)) << wrong;
  }
}

TEST(ProfilePage, GlobsChooseRequests) {
  const std::string_view script = "/srv/shop/index.php";
  EXPECT_TRUE(wants("path=/shop/**", "/shop/a/b", script));
  EXPECT_FALSE(wants("path=/shop/*", "/shop/a/b", script));
  EXPECT_TRUE(wants("path=%2Fshop%2F*", "/sh%6fp/a", script));  // decoded, both of them
  EXPECT_FALSE(wants("path=/shop", "/shop/a", script));
  EXPECT_TRUE(wants("script=index.php", "/", script));
  EXPECT_TRUE(wants("script=/srv/**", "/", script));
  EXPECT_FALSE(wants("script=/srv/*", "/", script));
  EXPECT_FALSE(wants("path=/&script=cron.php", "/", script));
}

TEST(ProfilePage, APoolIsChosenByItsName) {
  EXPECT_TRUE(wants("pool=export", "/", "/a.php", 1));
  EXPECT_FALSE(wants("pool=export", "/", "/a.php", 0));
  EXPECT_TRUE(wants("pool=default", "/", "/a.php", 0));
  EXPECT_FALSE(wants("pool=export&path=/b", "/a", "/a.php", 1));
  EXPECT_EQ(read_profile_query("pool=web", kPools).error().message,
            "pool: no pool has that name; there are: default, export");
}

}  // namespace
}  // namespace tusk::admin
