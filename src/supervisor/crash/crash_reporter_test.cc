#include "supervisor/crash/crash_reporter.h"

#include <cstring>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/test_directory.h"
#include "net/test_loop.h"
#include "observe/log.h"
#include "supervisor/crash/crash_files.h"
#include "supervisor/crash/report_child.h"

namespace tusk::supervisor::crash {
namespace {

CrashReport junk() {
  const auto made = base::process::make_crash_record();
  std::memset(base::process::map_crash_record(*made), 0x61, sizeof(base::process::CrashRecord));
  CrashReport report;
  report.record = base::process::read_crash_record(*made);
  report.pid = 12;
  report.status = 11;
  return report;
}

std::size_t count_files(const std::string& directory) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory)) ++count;
  return count;
}

TEST(CrashReporter, JunkInARecordBecomesAReport) {
  const base::TestDirectory directory;
  observe::set_level(observe::Level::kOff);
  net::TestLoop loop;
  CrashReporter reporter(loop);
  CrashReport report = junk();
  report.directory = directory.path();
  reporter.report(std::move(report));
  while (count_files(directory.path()) == 0) loop.run_one();
  reporter.finish();
  EXPECT_GT(::waitpid(-1, nullptr, 0), 0);  // the child
  EXPECT_EQ(count_files(directory.path()), 1U);
  observe::set_level(observe::Level::kInfo);
}

TEST(CrashReporter, AnAnswerIsTakenAsFarAsItIsRight) {
  CrashReport report = junk();
  take_answer(report, "N 3 strlen+0x1\nN 99999 no\nN x\nN \n\nF /tmp/file\nN 4 cut");
  EXPECT_EQ(report.names.at(3), "strlen+0x1");
  EXPECT_EQ(report.names.at(4), "");
  EXPECT_EQ(report.file, "/tmp/file");
}

TEST(CrashFiles, TheOldestAreRemovedAndOtherFilesStay) {
  const base::TestDirectory directory;
  std::ofstream(directory.path() + "/crash-notes.txt") << "mine";
  for (pid_t pid = 1; pid < 40; ++pid) {
    std::ofstream(directory.path() + "/crash-20200101T000000Z-" + std::to_string(pid) + ".txt");
  }
  const base::Result<std::string> path = write_crash_file(directory.path(), 77, "text");
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_EQ(count_files(directory.path()), kMostCrashFiles + 1);
  EXPECT_TRUE(std::filesystem::exists(*path));
  EXPECT_TRUE(std::filesystem::exists(directory.path() + "/crash-notes.txt"));
  struct stat status{};
  EXPECT_EQ(::stat(path->c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_FALSE(write_crash_file(directory.path() + "/nothing", 77, "text"));
}

}  // namespace
}  // namespace tusk::supervisor::crash
