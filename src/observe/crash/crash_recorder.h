// CrashRecorder: writes a crash into the record that the supervisor reads, or, of a worker process,
// the server (base/process/crash_record.h).
//
// Threads: record_crashes_in() main; the rest any, in a handler of a fatal signal.
// Async-signal-safe.
#pragma once

#include <cstdint>

#include "base/process/crash_record.h"
#include "observe/crash/crash_report.h"

namespace tusk::observe::crash {

// Null: nobody reads a record, so the process writes its own line.
void record_crashes_in(base::process::CrashRecord* record) noexcept;

// Where the signal came from.
struct CrashSignal {
  int number = 0;
  int code = 0;
  int sender = 0;                 // a process, or 0
  const void* context = nullptr;  // null: no signal, but a call such as exit()
};

enum class Recorded : std::uint8_t {
  kYes,
  kNowhere,  // there is no record
};

// Records what is known without reading memory of the process, in which even the thread's own
// variables may be damaged. Only one thread at a time is recorded: another one waits here, at most
// 2 s, so that it does not end the process in the meantime.
void begin_record(const CrashFacts& facts, const CrashSignal& signal) noexcept;
// The process goes on.
void drop_record() noexcept;
// Begins the record, where that has not been done, and completes it.
Recorded record_crash(const CrashFacts& facts, const CrashSignal& signal) noexcept;

}  // namespace tusk::observe::crash
