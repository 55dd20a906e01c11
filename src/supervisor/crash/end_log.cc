#include "supervisor/crash/end_log.h"

#include <chrono>
#include <cstring>
#include <string>

#include <sys/wait.h>

#include "observe/events.h"
#include "observe/log.h"

namespace tusk::supervisor::crash {

namespace {

std::uint64_t milliseconds(base::Duration duration) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

void note_crash(const ProcessEnd& end) {
  const std::string how = end.ending.by_signal()
                              ? std::string("SIG") + ::sigabbrev_np(end.ending.signal())
                              : "with status " + std::to_string(end.ending.exit_status());
  const std::string message =
      "server process ended (" + how + ") while it ran: " + end.cut_off.short_text();
  observe::note_event(
      {.kind = observe::EventKind::kCrash, .pid = end.ending.pid, .message = message});
}

}  // namespace

void log_end(const ProcessEnd& end, const ReplacementFacts& replacement) {
  const Ending& ending = end.ending;
  const std::uint64_t served_seconds = milliseconds(replacement.served) / 1000;
  note_crash(end);
  if (ending.by_signal()) {
    observe::error(replacement.was_short_of_memory
                       ? "server process ended by a signal of the kernel, because memory was short "
                         "(OOM killer): starts another"
                       : "server process ended by a signal: starts another",
                   {{"pid", ending.pid},
                    {"signal", ::sigabbrev_np(ending.signal())},
                    {"core_dumped", WCOREDUMP(ending.status) != 0},
                    {"generation", end.generation},
                    {"served_seconds", served_seconds},
                    {"busy_workers", end.cut_off.count()},
                    {"running", end.cut_off.short_text()},
                    {"delay_ms", milliseconds(replacement.delay)}});
  } else {
    observe::error("server process ended: starts another",
                   {{"pid", ending.pid},
                    {"status", ending.exit_status()},
                    {"generation", end.generation},
                    {"served_seconds", served_seconds},
                    {"busy_workers", end.cut_off.count()},
                    {"running", end.cut_off.short_text()},
                    {"delay_ms", milliseconds(replacement.delay)}});
  }
}

void log_end_of_drain(const ProcessEnd& end) {
  note_crash(end);
  observe::error("server process ended by a signal while it drained",
                 {{"pid", end.ending.pid},
                  {"signal", ::sigabbrev_np(end.ending.signal())},
                  {"generation", end.generation},
                  {"busy_workers", end.cut_off.count()},
                  {"running", end.cut_off.short_text()}});
}

}  // namespace tusk::supervisor::crash
