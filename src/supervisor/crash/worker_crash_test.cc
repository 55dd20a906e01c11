#include "supervisor/crash/worker_crash.h"

#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "net/test_loop.h"
#include "observe/captured_output.h"
#include "observe/log.h"
#include "supervisor/control.h"
#include "supervisor/crash/report_pace.h"

namespace tusk::supervisor::crash {
namespace {

using base::process::CrashedWorker;
using base::process::CrashRecord;
using base::process::text_of;

CrashedWorker crash() {
  CrashedWorker crash{.pid = 77,
                      .status = 11,
                      .number = 2,
                      .pool = "shop \"one\"",
                      .request_id = "abc",
                      .user = {.user = "nobody", .group = ""},
                      .record = std::make_unique<CrashRecord>()};
  std::strcpy(crash.record->cause, "SIGSEGV");
  std::strcpy(crash.record->php[0].function, "forged\n\x1b");
  crash.record->php_count = 1;
  crash.record->stage = static_cast<std::uint32_t>(base::process::CrashStage::kComplete);
  return crash;
}

TEST(WorkerCrash, TheSupervisorIsTold) {
  base::Result<ControlPair> pair = make_control_pair();
  ASSERT_TRUE(pair);
  net::TestLoop loop;
  ControlChannel channel(loop, std::move(pair->supervisor));
  std::optional<CrashReport> report;
  channel.listen(
      [&](const Received& received) {
        EXPECT_EQ(received.message, Message::kWorkerCrashed);
        report = read_worker_crash(received.text, received.descriptor);
      },
      [] {});
  const WorkerCrashes crashes(std::move(pair->server), 3, true);
  crashes.report(crash());
  while (!report) loop.run_one();
  EXPECT_EQ(report->pid, 77);
  EXPECT_EQ(report->status, 11);
  EXPECT_EQ(report->user, (base::process::UserAndGroup{.user = "nobody", .group = ""}));
  ASSERT_TRUE(report->worker);
  EXPECT_EQ(report->worker->number, 2);
  EXPECT_EQ(report->worker->pool, "shop \"one\"");
  EXPECT_EQ(report->worker->request_id, "abc");
  EXPECT_EQ(text_of(report->record->cause), "SIGSEGV");
  EXPECT_TRUE(full_text(*report).contains("forged\\n\\x1b()"));
  EXPECT_TRUE(full_text(*report).contains("worker 2 of the pool shop"));
}

TEST(WorkerCrash, WhatIsNoReportIsNone) {
  const auto made = base::process::make_crash_record();
  const std::string text =
      R"({"pid":1,"status":0,"number":0,"pool":"","request_id":"","user":"","group":""})";
  EXPECT_FALSE(read_worker_crash(text, *made)) << "nothing has crashed";
  ASSERT_TRUE(base::process::write_crash_record(*made, *crash().record));
  EXPECT_TRUE(read_worker_crash(text, *made));
  for (const char* const wrong : {"", "{", "[]", "7", R"({"pid":1})", "\xff"}) {
    EXPECT_FALSE(read_worker_crash(wrong, *made)) << wrong;
  }
  std::string other = text;
  other.replace(other.find("\"pool\":\"\""), 9, "\"pool\":[1]");
  EXPECT_FALSE(read_worker_crash(other, *made));
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const base::UniqueFd reader(ends[0]);
  const base::UniqueFd writer(ends[1]);
  EXPECT_FALSE(read_worker_crash(text, reader)) << "whose read would wait";
  EXPECT_FALSE(read_worker_crash(text, {}));
}

TEST(WorkerCrash, WithoutASupervisorTheLogSaysIt) {
  std::string line;
  {
    const observe::CapturedOutput output(STDERR_FILENO);
    WorkerCrashes({}, 1, true).report(crash());
    observe::flush();
    line = output.text();
  }
  EXPECT_TRUE(line.contains("a worker process has crashed")) << line;
  EXPECT_TRUE(line.contains(" pid=77 ") && line.contains(" worker=2 ")) << line;
  EXPECT_TRUE(line.contains("no_report=\"there is no supervisor\"")) << line;
  EXPECT_FALSE(line.contains('\x1b')) << line;
}

TEST(ReportPace, HasALimitForAMinute) {
  ReportPace pace;
  base::MonotonicTime now{};
  for (std::size_t i = 0; i < ReportPace::kMost; ++i) EXPECT_TRUE(pace.take(now));
  now += ReportPace::kWithin - std::chrono::seconds(1);
  EXPECT_FALSE(pace.take(now));
  now += std::chrono::seconds(1);
  EXPECT_TRUE(pace.take(now));
}

}  // namespace
}  // namespace tusk::supervisor::crash
