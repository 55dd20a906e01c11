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

// No client waits for it.
bool is_boot(const Exchange& exchange) { return exchange.channel == nullptr; }

base::Duration script_time(const Exchange& exchange, base::MonotonicTime now) {
  return now - exchange.started - exchange.waited();
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

// Boots have no number of a request.
std::uint64_t SlowLog::key_of(const Exchange& exchange) {
  constexpr std::uint64_t kBoot = std::uint64_t{1} << 63U;
  if (!is_boot(exchange)) return exchange.job.request_id;
  return static_cast<std::uint64_t>(exchange.started.time_since_epoch().count()) | kBoot;
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

void log_running_boot(const pool::WorkerName& worker, const Exchange& boot,
                      const ScriptProbe& probe, const Backtrace& trace, base::MonotonicTime now) {
  const Job& job = boot.job;
  observe::warn("slow boot is running", {{"worker", worker.number},
                                         pool::pool_field(worker.pool),
                                         {"script", job.view(job.script_filename)},
                                         {"php_seconds", in_seconds(script_time(boot, now))},
                                         {"memory_bytes", probe.memory().now_bytes},
                                         {"waits_in", trace.waiting_call()},
                                         {"backtrace", joined_frames(trace)}});
  const std::string place = "boots: " + innermost_place(trace, trace.waiting_call());
  note_request_event(job, {.kind = observe::EventKind::kSlowRequest,
                           .duration_ns = (now - boot.started).count(),
                           .message = place});
}

void log_running(const pool::WorkerName& worker, const Exchange& exchange, const ScriptProbe& probe,
                 const Backtrace& trace, const char* reason, base::MonotonicTime now) {
  if (is_boot(exchange)) return log_running_boot(worker, exchange, probe, trace, now);
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
  const std::uint64_t key = key_of(exchange);
  const auto known = std::ranges::find(running_, key, &Running::key);
  if (known != running_.end()) known->was_seen = true;
  if (known != running_.end() && known->is_logged) return;
  const bool by_memory = memory_limit() != 0 && !is_boot(exchange);
  const std::uint64_t memory = by_memory ? probe->memory().peak_bytes : 0;
  const char* const why = reason(exchange, executor, memory, now);
  if (why == nullptr) return;
  Backtrace trace;
  const bool is_new = known == running_.end();
  if (is_new) probe->ask(Asker::kWatchdog, exchange.job.request_id);
  // A thread that waits can be looked at now; another has answered by the next tick, if it can.
  const bool taken =
      probe->take(Asker::kWatchdog, is_new ? Insistence::kPatient : Insistence::kNow, trace);
  if (is_new) running_.push_back({.key = key, .is_logged = taken});
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

void SlowLog::boot_ended(const pool::WorkerName& worker, const Exchange& boot, BootEnd end,
                         base::MonotonicTime now) {
  const base::Duration most = time_limit();
  const base::Duration took = script_time(boot, now);
  if (most.count() == 0 || took < most || !ended_lines_.lock()->take(now)) return;
  observe::warn("slow boot has ended", {{"worker", worker.number},
                                        pool::pool_field(worker.pool),
                                        {"script", boot.job.view(boot.job.script_filename)},
                                        {"booted", end == BootEnd::kServes},
                                        {"php_seconds", in_seconds(took)}});
}

}  // namespace tusk::exec::observation
