#include "observe/crash/crash_handler.h"

#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process/crash_record.h"
#include "base/process/sanitizer_build.h"
#include "observe/crash/alternate_stack.h"
#include "observe/emergency_line.h"

namespace tusk::observe::crash {
namespace {

using base::process::CrashRecord;
using base::process::CrashStage;
using base::process::text_of;
using ::testing::ExitedWithCode;
using ::testing::KilledBySignal;

// Each crash happens in a process of its own.
class CrashHandler : public ::testing::Test {
 protected:
  void SetUp() override {
    if (TUSK_SANITIZER_BUILD) GTEST_SKIP() << "the sanitizers have their own signal handlers";
    EmergencyLine::set_style(LogFormat::kText, "", false);
  }
};

// Never returns: `depth` is not negative.
[[gnu::noinline]] int fill_stack(const volatile int& depth) {
  volatile char frame[512];
  frame[0] = 1;
  if (depth < 0) return frame[0];
  return fill_stack(depth) + frame[0];
}

void fill_own_stack() {
  const volatile int depth = 0;
  const AlternateStack alternate_stack;
  install_crash_handler();
  (void)fill_stack(depth);
}

void crash_with(int signal) {
  install_crash_handler();
  (void)::raise(signal);
}

TEST_F(CrashHandler, TheProcessEndsByItsSignalAndSaysSo) {
  EXPECT_EXIT(crash_with(SIGSEGV), KilledBySignal(SIGSEGV), "the process crashes.* cause=SIGSEGV");
  EXPECT_EXIT(crash_with(SIGBUS), KilledBySignal(SIGBUS), "the process crashes.* cause=SIGBUS");
  EXPECT_EXIT(crash_with(SIGFPE), KilledBySignal(SIGFPE), "the process crashes.* cause=SIGFPE");
  EXPECT_EXIT(crash_with(SIGILL), KilledBySignal(SIGILL), "the process crashes.* cause=SIGILL");
  EXPECT_EXIT(
      {
        install_crash_handler();
        std::abort();
      },
      KilledBySignal(SIGABRT), "the process crashes.* cause=SIGABRT .* backtrace=");
}

TEST_F(CrashHandler, AFullStackIsReported) {
  EXPECT_EXIT(fill_own_stack(), KilledBySignal(SIGSEGV), " cause=SIGSEGV address=0x.* backtrace=");
  EXPECT_EXIT(std::thread(fill_own_stack).join(), KilledBySignal(SIGSEGV),
              " cause=SIGSEGV address=0x.* backtrace=");
}

TEST_F(CrashHandler, TheSupervisorGetsARecordAndTheLogNoLine) {
  const base::Result<base::UniqueFd> made = base::process::make_crash_record();
  ASSERT_TRUE(made);
  EXPECT_EXIT(
      {
        record_crashes_in(base::process::map_crash_record(*made));
        ::pthread_setname_np(::pthread_self(), "a-thread");
        crash_with(SIGBUS);
      },
      KilledBySignal(SIGBUS), "^$");
  const std::unique_ptr<CrashRecord> record = base::process::read_crash_record(*made);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->reached(), CrashStage::kComplete);
  EXPECT_EQ(record->signal, SIGBUS);
  EXPECT_EQ(record->sender, record->pid);
  EXPECT_EQ(text_of(record->cause), "SIGBUS");
  EXPECT_EQ(text_of(record->thread), "a-thread");
  EXPECT_GT(record->native_count, 1U);
  EXPECT_GT(record->module_count, 1U);
  EXPECT_EQ(record->has_request, 0U);
  EXPECT_EQ(record->php_count, 0U);
}

bool go_on(int signal, const siginfo_t& info, CrashFacts& facts) noexcept {
  const bool fault = is_fault(info);
  facts.message = fault ? "a fault" : "asked to go on";
  report_crash(facts);
  drop_record();
  return signal == SIGSEGV && !fault;
}

std::size_t read_one_frame(std::span<base::process::CrashedPhpFrame> frames) noexcept {
  std::string_view("/a.php").copy(frames[0].file, sizeof(frames[0].file) - 1);
  frames[0].line = 3;
  return 1;
}

bool add_script(int /*signal*/, const siginfo_t& /*info*/, CrashFacts& facts) noexcept {
  facts.script = ScriptFacts{.request = 12,
                             .method = "GET",
                             .host = "h",
                             .path = "/p",
                             .script = "/a.php",
                             .request_id = "abc",
                             .read_frames = read_one_frame};
  return false;
}

TEST_F(CrashHandler, ADecisionLetsTheThreadGoOn) {
  EXPECT_EXIT(
      {
        install_crash_handler(go_on);
        (void)::raise(SIGSEGV);
        ::_exit(3);
      },
      ExitedWithCode(3), "asked to go on");
  EXPECT_EXIT(
      {
        install_crash_handler(go_on);
        (void)::raise(SIGBUS);
        ::_exit(3);
      },
      KilledBySignal(SIGBUS), "the process crashes");
}

TEST_F(CrashHandler, ADecisionAddsTheScript) {
  EXPECT_EXIT(
      {
        install_crash_handler(add_script);
        (void)::raise(SIGSEGV);
      },
      KilledBySignal(SIGSEGV),
      " at=/a.php:3 request=12 method=GET host=h path=/p script=/a.php request_id=abc ");
  const base::Result<base::UniqueFd> made = base::process::make_crash_record();
  ASSERT_TRUE(made);
  EXPECT_EXIT(
      {
        record_crashes_in(base::process::map_crash_record(*made));
        install_crash_handler(add_script);
        (void)::raise(SIGSEGV);
      },
      KilledBySignal(SIGSEGV), "^$");
  const std::unique_ptr<CrashRecord> record = base::process::read_crash_record(*made);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->request.id, 12U);
  EXPECT_EQ(text_of(record->request.path), "/p");
  ASSERT_EQ(record->php_count, 1U);
  EXPECT_EQ(text_of(record->php[0].file), "/a.php");
}

// Until it executes another program, it has the handler and the record of its parent.
TEST_F(CrashHandler, AProcessThatWasForkedEndsWithoutReport) {
  const base::Result<base::UniqueFd> made = base::process::make_crash_record();
  ASSERT_TRUE(made);
  EXPECT_EXIT(
      {
        record_crashes_in(base::process::map_crash_record(*made));
        install_crash_handler();
        const pid_t child = ::fork();
        if (child == 0) (void)::raise(SIGSEGV);
        int status = 0;
        ::waitpid(child, &status, 0);
        ::_exit(WIFSIGNALED(status) ? WTERMSIG(status) : 0);
      },
      ExitedWithCode(SIGSEGV), "^$");
  EXPECT_EQ(base::process::read_crash_record(*made), nullptr);
}

}  // namespace
}  // namespace tusk::observe::crash
