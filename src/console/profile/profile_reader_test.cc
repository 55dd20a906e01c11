#include "console/profile/profile_reader.h"

#include <gtest/gtest.h>

#include "observe/profile/format.h"

namespace tusk::console::profile {
namespace {

using observe::profile::Format;
using observe::profile::Profile;

TEST(ProfileReader, ReadsWhatAServerProcessWrites) {
  Profile profile;
  profile.seconds = 2.5;
  profile.samples = 12;
  profile.ended = observe::profile::Ended::kByProcess;
  profile.notes = {"a \"note\""};
  profile.tree.set_truncated();
  const auto main = profile.tree.child(0, "{main}", "/a.php", 3);
  profile.tree.add(profile.tree.child(main, "f\"\\", "/a.php", 9), {.wall_ns = 70, .cpu_ns = 30});
  const std::string data = render(profile, Format::kData);
  const auto read = read_profile(data);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(render(*read, Format::kData), data);
}

TEST(ProfileReader, TrustsNothing) {
  for (const char* const wrong :
       {"", "[]", "{}", R"({"version":2,"nodes":[]})", R"({"version":1})",
        R"({"version":1,"nodes":[[0,0,0,0]]})",
        R"({"version":1,"frames":[["f",""]],"nodes":[[0,0,0,0,0],[1,0,1,1,1]]})",
        R"({"version":1,"frames":[],"nodes":[[0,0,0,0,0],[0,0,1,1,1]]})"}) {
    EXPECT_FALSE(read_profile(wrong)) << wrong;
  }
  const auto odd = read_profile(
      R"({"version":1,"seconds":"x","samples":-5,"frames":[["f\u001b[31m",7],3],)"
      R"("nodes":[[0,0,0,0,0],[0,0,-1,-1,99999999999999999999999],[0,1,1,1,1]],"notes":[1,"\n"]})");
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->tree.frame(0).name, "f\\x1b[31m");
  EXPECT_EQ(odd->notes, (std::vector<std::string>{"", "\\n"}));
  EXPECT_EQ(odd->samples, 0U);
}

}  // namespace
}  // namespace tusk::console::profile
