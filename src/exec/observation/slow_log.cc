#include "exec/observation/slow_log.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "exec/executor.h"
#include "exec/observation/request_event.h"
#include "exec/reply.h"
#include "observe/log.h"

namespace tusk::exec::observation {

namespace {

double in_seconds(base::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

base::Duration script_time(const Exchange& exchange, base::MonotonicTime now) {
  return now - exchange.started - exchange.waited();
}

std::string joined_frames(const Backtrace& trace) {
  std::string text;
  for (const std::string& line : frame_lines(trace)) {
    if (!text.empty()) text.push_back('\n');
    text.append(line);
  }
  return text;
}

}  // namespace

bool SlowLog::Budget::take(base::MonotonicTime now) {
  if (now - since_ >= std::chrono::seconds(1)) {
    since_ = now;
    taken_ = 0;
  }
  if (taken_ < kLinesPerSecond) {
    ++taken_;
    return true;
  }
  ++refused_;
  return false;
}

std::uint64_t SlowLog::Budget::refused(base::MonotonicTime now) {
  if (refused_ == 0 || now - since_ < std::chrono::seconds(1)) return 0;
  return std::exchange(refused_, 0);
}

const char* SlowLog::reason(const Exchange& exchange, const Executor& executor,
                            std::uint64_t memory_bytes, base::MonotonicTime now) const {
  const std::uint64_t most_memory = memory_limit();
  const base::Duration most_time = time_limit();
  if (most_memory != 0 && memory_bytes >= most_memory) return "memory";
  if (most_time.count() == 0 || exchange.waits_for_client()) return nullptr;
  if (script_time(exchange, now) < most_time || executor.is_event_stream()) return nullptr;
  return "time";
}

namespace {

// "runs, waits in poll: sleep() < /srv/a.php:3 {main}": down to the first line of the site's own.
std::string innermost_place(const Backtrace& trace, std::string_view waits_in) {
  std::string text = "runs";
  if (!waits_in.empty()) text.append(", waits in ").append(waits_in);
  const char* separator = ": ";
  for (const Backtrace::Frame& frame : trace.frames()) {
    text.append(std::exchange(separator, " < ")).append(frame_text(trace, frame));
    if (frame.file.size != 0) break;
  }
  return text;
}

void log_running(const pool::WorkerName& worker, const Exchange& exchange, const ScriptProbe& probe,
                 const Backtrace& trace, const char* reason, base::MonotonicTime now) {
  const Job& job = exchange.job;
  const std::string_view waits_in = exchange.waits_for_client() ? "client" : trace.waiting_call();
  const http::RequestId id = job.id();
  observe::warn("slow request is running",
                {{"request", job.request_id},
                 {"request_id", id.view()},
                 {"worker", worker.number},
                 pool::pool_field(worker.pool),
                 {"reason", reason},
                 {"method", job.view(job.head.method)},
                 {"host", job.view(job.head.authority)},
                 {"path", job.view(job.head.path)},
                 {"script", job.view(job.script_filename)},
                 {"queue_seconds", in_seconds(exchange.started - job.enqueued)},
                 {"php_seconds", in_seconds(script_time(exchange, now))},
                 {"client_seconds", in_seconds(exchange.waited())},
                 {"memory_bytes", probe.memory().now_bytes},
                 {"waits_in", waits_in},
                 {"backtrace", joined_frames(trace)}});
  const std::string place = innermost_place(trace, waits_in);
  note_request_event(job, {.kind = observe::EventKind::kSlowRequest,
                           .duration_ns = (now - exchange.started).count(),
                           .message = place});
}

}  // namespace

void SlowLog::watch(const pool::WorkerName& worker, const Exchange& exchange, Executor& executor,
                    base::MonotonicTime now) {
  ScriptProbe* const probe = executor.probe();
  if (probe == nullptr) return;
  const std::uint64_t request = exchange.job.request_id;
  const auto known = std::ranges::find(running_, request, &Running::request);
  if (known != running_.end()) known->was_seen = true;
  if (known != running_.end() && known->is_logged) return;
  const std::uint64_t memory = memory_limit() != 0 ? probe->memory().peak_bytes : 0;
  const char* const why = reason(exchange, executor, memory, now);
  if (why == nullptr) return;
  Backtrace trace;
  const bool is_new = known == running_.end();
  if (is_new) probe->ask(Asker::kWatchdog, request);
  // A thread that waits can be looked at now; another has answered by the next tick, if it can.
  const bool taken =
      probe->take(Asker::kWatchdog, is_new ? Insistence::kPatient : Insistence::kNow, trace);
  if (is_new) running_.push_back({.request = request, .is_logged = taken});
  if (!is_new) known->is_logged = true;
  if ((taken || !is_new) && running_lines_.take(now)) {
    log_running(worker, exchange, *probe, trace, why, now);
  }
}

void SlowLog::end_of_tick(base::MonotonicTime now) {
  std::erase_if(running_, [](const Running& request) { return !request.was_seen; });
  for (Running& request : running_) request.was_seen = false;
  const std::uint64_t suppressed = running_lines_.refused(now) + ended_lines_.lock()->refused(now);
  if (suppressed == 0) return;
  observe::warn("slow requests are not all logged", {{"lines", suppressed}});
}

void SlowLog::ended(const pool::WorkerName& worker, const Reply& reply, const Executor& executor,
                    base::MonotonicTime now) {
  const Exchange& exchange = reply.exchange();
  const std::uint64_t memory = reply.memory_peak_bytes();
  const char* const why = reason(exchange, executor, memory, now);
  if (why == nullptr || !ended_lines_.lock()->take(now)) return;
  const Job& job = exchange.job;
  const http::RequestId id = job.id();
  observe::warn("slow request has ended",
                {{"request", job.request_id},
                 {"request_id", id.view()},
                 {"worker", worker.number},
                 pool::pool_field(worker.pool),
                 {"reason", why},
                 {"method", job.view(job.head.method)},
                 {"host", job.view(job.head.authority)},
                 {"path", job.view(job.head.path)},
                 {"script", job.view(job.script_filename)},
                 {"status", reply.status()},
                 {"queue_seconds", in_seconds(exchange.started - job.enqueued)},
                 {"php_seconds", in_seconds(script_time(exchange, now))},
                 {"client_seconds", in_seconds(exchange.waited())},
                 {"memory_peak_bytes", memory}});
  const std::string message =
      fmt::format("has ended; {:.1f} MiB at most", static_cast<double>(memory) / (1 << 20));
  note_request_event(job, {.kind = observe::EventKind::kSlowRequest,
                           .status = reply.status(),
                           .duration_ns = (now - exchange.started).count(),
                           .message = message});
}

}  // namespace tusk::exec::observation
