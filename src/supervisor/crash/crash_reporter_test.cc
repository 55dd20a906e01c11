#include "supervisor/crash/crash_reporter.h"

#include <cstring>
#include <filesystem>
#include <fstream>

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <poll.h>
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

// Counted from where this program is loaded.
std::uint64_t address_of_a_function() {
  Dl_info info{};
  const auto address = reinterpret_cast<std::uintptr_t>(&count_files);
  EXPECT_NE(::dladdr(reinterpret_cast<void*>(address), &info), 0);
  return address - reinterpret_cast<std::uintptr_t>(info.dli_fbase);
}

std::string answer_of(const CrashReport& report) {
  const base::UniqueFd answers = start_report_child(report);
  std::string all;
  char bytes[4096];
  pollfd readable{.fd = answers.get(), .events = POLLIN, .revents = 0};
  for (ssize_t count = 1; count > 0;) {
    ::poll(&readable, 1, -1);
    count = ::read(answers.get(), bytes, sizeof bytes);
    if (count > 0) all.append(bytes, static_cast<std::size_t>(count));
  }
  EXPECT_GT(::waitpid(-1, nullptr, 0), 0);
  return all;
}

// A script of another user may have written the path into the record.
TEST(CrashReporter, AFileIsReadWithTheRightsOfTheProcess) {
  if (::geteuid() != 0) GTEST_SKIP() << "root reads everything, and others are the process's user";
  const base::TestDirectory directory;
  const std::string program = directory.path() + "/program";
  std::filesystem::copy_file("/proc/self/exe", program);
  ::chmod(directory.path().c_str(), 0755);
  ::chmod(program.c_str(), 0600);
  CrashReport report = junk();
  base::process::CrashRecord& record = *report.record;
  record.native_count = record.module_count = 1;
  record.native[0].module = 0;
  record.modules[0] = {};
  program.copy(record.modules[0].path, sizeof record.modules[0].path - 1);
  const std::string name = "N 0 ";
  record.native[0].address = address_of_a_function();
  EXPECT_TRUE(answer_of(report).starts_with(name));
  report.user = {.user = "nobody", .group = {}};
  EXPECT_EQ(answer_of(report), "");
  ::chmod(program.c_str(), 0644);
  EXPECT_TRUE(answer_of(report).starts_with(name));
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
