#include "exec/process/figures/process_times.h"

#include <chrono>
#include <map>
#include <vector>

#include <gtest/gtest.h>

namespace tusk::exec::process {
namespace {

using std::chrono::seconds;

class ProcessTimesTest : public ::testing::Test {
 protected:
  base::Duration look(const std::vector<pid_t>& processes) { return times_.look(processes); }

  std::map<pid_t, base::Duration> now_;
  ProcessTimes times_{[this](pid_t process) { return now_[process]; }};
};

TEST_F(ProcessTimesTest, AreThoseOfAllProcesses) {
  now_ = {{7, seconds(1)}, {8, seconds(2)}};
  EXPECT_EQ(look({7, 8}), seconds(3));
  EXPECT_EQ(look({7, 8}), seconds(3));
  now_[8] = seconds(5);
  EXPECT_EQ(look({7, 8}), seconds(6));
}

TEST_F(ProcessTimesTest, StayWhenAProcessHasEnded) {
  now_ = {{7, seconds(1)}, {8, seconds(2)}};
  look({7, 8});
  EXPECT_EQ(look({7}), seconds(3));
  EXPECT_EQ(look({}), seconds(3));
}

TEST_F(ProcessTimesTest, NeverBecomeLess) {
  now_ = {{7, seconds(4)}};
  look({7});
  now_[7] = {};
  EXPECT_EQ(look({7}), seconds(4));
  now_[7] = seconds(4);
  EXPECT_EQ(look({7}), seconds(4));
}

TEST_F(ProcessTimesTest, BeginAnewForANumberThatIsAnothers) {
  now_ = {{7, seconds(4)}};
  look({7});
  look({});
  now_[7] = seconds(1);
  EXPECT_EQ(look({7}), seconds(5));
}

}  // namespace
}  // namespace tusk::exec::process
