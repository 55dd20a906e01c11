#include "admin/profile_page.h"

#include <gtest/gtest.h>

#include "exec/job.h"

namespace tusk::admin {
namespace {

using observe::profile::Clock;
using observe::profile::Format;

bool wants(std::string_view query, std::string_view path, std::string_view script) {
  const auto read = read_profile_query(query);
  EXPECT_TRUE(read) << read.error().message;
  exec::Job job;
  job.head.path = job.store(path);
  job.script_filename = job.store(script);
  return !read->wants || read->wants(job);
}

TEST(ProfilePage, ReadsItsQuery) {
  const auto usual = read_profile_query("");
  ASSERT_TRUE(usual);
  EXPECT_EQ(usual->length, std::chrono::seconds(30));
  EXPECT_EQ(usual->format, Format::kFlameGraph);
  EXPECT_FALSE(usual->wants);
  const auto other = read_profile_query("seconds=0.5&format=folded&clock=cpu");
  EXPECT_EQ(other->length, std::chrono::milliseconds(500));
  EXPECT_EQ(other->format, Format::kFolded);
  EXPECT_EQ(other->clock, Clock::kCpu);
  for (const char* const wrong : {"seconds=", "seconds=0", "seconds=1&format=svg", "clock=sun",
                                  "pool=web", "path=%5B", "seconds", "expires=1"}) {
    const Page page = profile_page(nullptr, wrong);
    EXPECT_EQ(page.status, 404);
    EXPECT_FALSE(read_profile_query(wrong)) << wrong;
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

}  // namespace
}  // namespace tusk::admin
