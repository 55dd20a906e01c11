#include "observe/crash/crash_report.h"

#include <span>
#include <string>

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "observe/captured_output.h"
#include "observe/crash/module_map.h"
#include "observe/emergency_line.h"

namespace tusk::observe::crash {
namespace {

std::string report_of(const CrashFacts& facts) {
  EmergencyLine::set_style(LogFormat::kText, "", false);
  const CapturedOutput output(STDERR_FILENO);
  report_crash(facts);
  return output.text();
}

TEST(CrashReport, SaysWhatHappenedAndWhere) {
  ModuleMap::refresh();
  prepare_crash_reports();
  CrashFacts facts;
  facts.message = "it \"crashed\"";
  facts.cause = "SIGSEGV";
  facts.detail = "an assertion";
  facts.has_address = true;
  facts.address = 0xabc;
  // The sanitizers have none of their own.
  facts.at.code = reinterpret_cast<std::uintptr_t>(::dlsym(RTLD_DEFAULT, "lfind"));
  const std::string line = report_of(facts);
  EXPECT_NE(line.find("it \"crashed\""), std::string::npos) << line;
  EXPECT_NE(line.find(" cause=SIGSEGV"), std::string::npos) << line;
  EXPECT_NE(line.find(" detail=\"an assertion\""), std::string::npos) << line;
  EXPECT_NE(line.find(" address=0xabc"), std::string::npos) << line;
  EXPECT_NE(line.find(" thread=" + std::to_string(::syscall(SYS_gettid))), std::string::npos);
  EXPECT_NE(line.find(" backtrace=\"libc.so.6+0x"), std::string::npos) << line;
  EXPECT_EQ(line.find(" request="), std::string::npos) << "no request ran on this thread";
  EXPECT_EQ(line.find('\n'), line.size() - 1) << "it is one line";
}

std::size_t two_frames(std::span<base::process::CrashedPhpFrame> frames) noexcept {
  base::process::copy_text(frames[0].function, "strlen");
  frames[0].file[0] = '\0';
  base::process::copy_text(frames[1].function, "{main}");
  base::process::copy_text(frames[1].file, "/srv/a.php");
  frames[1].line = 12;
  return 2;
}

TEST(CrashReport, HasTheBacktraceOfPhp) {
  CrashFacts facts;
  facts.message = "it crashed";
  facts.cause = "abort()";
  facts.script.emplace();
  facts.script->read_frames = two_frames;
  const std::string line = report_of(facts);
  EXPECT_NE(line.find(" at=/srv/a.php:12 "), std::string::npos) << line;
  EXPECT_NE(line.find(" php_backtrace=\"strlen() {main}() /srv/a.php:12\"\n"), std::string::npos)
      << line;
}

TEST(CrashReport, LeavesOutWhatIsNotKnown) {
  CrashFacts facts;
  facts.message = "it crashed";
  facts.cause = "abort()";
  const std::string line = report_of(facts);
  EXPECT_EQ(line.find(" detail="), std::string::npos) << line;
  EXPECT_EQ(line.find(" address="), std::string::npos) << line;
}

}  // namespace
}  // namespace tusk::observe::crash
