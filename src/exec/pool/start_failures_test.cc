#include "exec/pool/start_failures.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "observe/captured_output.h"
#include "observe/log.h"

namespace tusk::exec::pool {
namespace {

using std::chrono::milliseconds;
using Cause = StartFailures::Cause;

constexpr auto kNoFork = "cannot fork a worker process: Resource temporarily unavailable";

std::string log_of(const std::function<void()>& what) {
  EXPECT_TRUE(observe::flush(std::chrono::seconds(20))) << "what other tests have logged";
  const observe::CapturedOutput output(STDERR_FILENO);
  observe::init({});
  what();
  EXPECT_TRUE(observe::flush(std::chrono::seconds(20)));
  return output.text();
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

TEST(StartFailures, AreTriedAgainMoreAndMoreRarely) {
  StartFailures failures("");
  std::vector<base::Duration> pauses;
  for (int i = 0; i < 40; ++i) {
    failures.note("a worker process cannot start", kNoFork, Cause::kShortage);
    pauses.push_back(failures.pause());
  }
  EXPECT_EQ(pauses[0], milliseconds(100));
  EXPECT_EQ(pauses[1], milliseconds(200));
  EXPECT_EQ(pauses[2], milliseconds(400));
  EXPECT_TRUE(std::ranges::is_sorted(pauses));
  EXPECT_EQ(pauses.back(), milliseconds(5000));
  failures.note_success();
  failures.note("a worker process cannot start", kNoFork, Cause::kShortage);
  EXPECT_EQ(failures.pause(), milliseconds(100));
}

TEST(StartFailures, AreLoggedOnceForEachReason) {
  StartFailures failures("shop");
  const std::string log = log_of([&] {
    for (int i = 0; i < 5; ++i)
      failures.note("a worker process cannot start", kNoFork, Cause::kShortage);
    failures.note("a PHP host has ended", "killed by signal 9", Cause::kShortage);
    failures.note_success();
    failures.note_success();
    failures.note("a worker process cannot start", kNoFork, Cause::kShortage);
  });
  EXPECT_EQ(count(log, kNoFork), 2U) << log;
  EXPECT_EQ(count(log, "killed by signal 9"), 1U) << log;
  EXPECT_EQ(count(log, "worker processes start again"), 1U) << log;
  EXPECT_EQ(count(log, "shop"), 4U) << log;
}

TEST(StartFailures, KnowWhetherALaterAttemptMaySucceed) {
  StartFailures failures("");
  EXPECT_FALSE(failures.is_shortage());
  EXPECT_FALSE(failures.cannot_start());
  EXPECT_EQ(failures.reason(), "");
  failures.note("a worker process cannot start", kNoFork, Cause::kShortage);
  EXPECT_TRUE(failures.is_shortage());
  EXPECT_TRUE(failures.cannot_start());
  EXPECT_EQ(failures.reason(), kNoFork);
  failures.note("PHP cannot start", "no such extension", Cause::kConfiguration);
  EXPECT_FALSE(failures.is_shortage());
  EXPECT_TRUE(failures.cannot_start());
  failures.note_success();
  EXPECT_FALSE(failures.cannot_start());
  EXPECT_EQ(failures.reason(), "");
}

TEST(StartFailures, OfABootAreToldElsewhere) {
  StartFailures failures("");
  const std::string log = log_of([&] { failures.note_boot("it throws"); });
  EXPECT_EQ(log, "");
  EXPECT_EQ(failures.reason(), "it throws");
  EXPECT_EQ(failures.pause(), milliseconds(100));
  EXPECT_FALSE(failures.cannot_start());
  EXPECT_FALSE(failures.is_shortage());
}

}  // namespace
}  // namespace tusk::exec::pool
