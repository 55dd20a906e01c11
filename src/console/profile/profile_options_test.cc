#include "console/profile/profile_options.h"

#include <gtest/gtest.h>

namespace tusk::console::profile {
namespace {

using observe::profile::Clock;
using observe::profile::Format;

std::string mistake(const FlagValues& values) {
  const auto options = read_options(values);
  if (options) return "none";
  std::string text;
  for (const std::string& each : options.error()) text += each + "\n";
  return text;
}

TEST(ProfileOptions, DefaultsAndTheEndingOfTheFile) {
  const auto usual = read_options({});
  ASSERT_TRUE(usual);
  EXPECT_EQ(usual->seconds, 30);
  EXPECT_EQ(usual->format, Format::kFlameGraph);
  const auto format = [](const char* output) { return read_options({{"output", output}})->format; };
  EXPECT_EQ(format("a.html"), Format::kFlameGraph);
  EXPECT_EQ(format("a.speedscope.json"), Format::kSpeedscope);
  EXPECT_EQ(format("a.pb.gz"), Format::kPprof);
  EXPECT_EQ(format("a.folded"), Format::kFolded);
  EXPECT_EQ(format("a.xyz"), Format::kFlameGraph);
  EXPECT_EQ(read_options({{"output", "a.html"}, {"format", "folded"}, {"clock", "cpu"}})->clock,
            Clock::kCpu);
}

TEST(ProfileOptions, SaysWhatIsWrong) {
  EXPECT_EQ(mistake({{"seconds", "x"}}), "--seconds x: must be a number from 0.1 to 3600\n");
  EXPECT_EQ(mistake({{"format", "svg"}}),
            "--format svg: there are flamegraph, speedscope, pprof or folded\n");
  EXPECT_EQ(mistake({{"format", "data"}}),
            "--format data: there are flamegraph, speedscope, pprof or folded\n");
  EXPECT_EQ(mistake({{"output", ""}, {"clock", "sun"}}),
            "--output needs a value\n--clock sun: there are wall and cpu\n");
  EXPECT_EQ(mistake({{"clock", "cpu"}}),
            "--clock is for --format folded: the other formats have both\n");
}

TEST(ProfileOptions, GlobsAreEncoded) {
  const auto options =
      read_options({{"path", "/a b/**&c=%"}, {"script", "*.php"}, {"pool", "app"}});
  EXPECT_EQ(
      request_target(*options, 1.5),
      "/profile?format=data&seconds=1.500&path=/a%20b/%2A%2A%26c%3D%25&script=%2A.php&pool=app");
}

}  // namespace
}  // namespace tusk::console::profile
