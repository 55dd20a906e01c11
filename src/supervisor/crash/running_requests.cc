#include "supervisor/crash/running_requests.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "observe/escape.h"

namespace tusk::supervisor::crash {

namespace {

using base::process::CrashRecord;
using observe::WorkerState;
using observe::WorkerView;

constexpr std::string_view kThread = "tusk-worker-";

bool runs_a_request(const WorkerView& worker) {
  return worker.state == WorkerState::kBusy || worker.state == WorkerState::kLost;
}

struct Running {
  const WorkerView* worker;
  bool incomplete;
  bool crashed;
};

// The kernel keeps 15 characters of a thread's name. A lost worker and its successor have the same
// number, so the path decides too.
bool has_crashed(const WorkerView& worker, bool incomplete, const CrashRecord* record) {
  if (record == nullptr) return false;
  const std::string name = std::string(kThread) + std::to_string(worker.worker);
  const std::string_view thread = base::process::text_of(record->thread);
  if (name.substr(0, sizeof record->thread - 1) != thread) return false;
  const std::string_view path = base::process::text_of(record->request.path);
  return record->has_request == 0 || incomplete || path.starts_with(worker.path);
}

std::string text_of(const Running& running, base::MonotonicTime now) {
  const WorkerView& worker = *running.worker;
  const std::int64_t now_ns = now.time_since_epoch().count();
  std::string request;
  observe::append_text_escaped(
      request, fmt::format("{}: {} {}{} of {} by {}", worker.request_id, worker.method, worker.host,
                           worker.path, worker.client, worker.script));
  std::string pool;
  if (!worker.pool.empty() && worker.pool != "default") {
    pool = ", pool=";
    observe::append_text_escaped(pool, worker.pool);
  }
  std::string text = fmt::format("worker {}{}, {:.1f} s, {}", worker.worker, pool,
                                 observe::seconds_since(worker.started_ns, now_ns), request);
  if (running.incomplete) text += " (incomplete: it ended while this was written)";
  if (worker.state == WorkerState::kLost) text += " (lost before)";
  if (running.crashed) text += " (crashed)";
  return text;
}

}  // namespace

RunningRequests::RunningRequests(const std::optional<observe::ProcessView>& process,
                                 const CrashRecord* record, base::MonotonicTime now) {
  if (!process) return;
  std::vector<Running> all;
  for (std::size_t i = 0; i < process->workers.size(); ++i) {
    const WorkerView& worker = process->workers[i];
    if (!runs_a_request(worker)) continue;
    const bool incomplete = std::ranges::find(process->incomplete, i) != process->incomplete.end();
    all.push_back({&worker, incomplete, has_crashed(worker, incomplete, record)});
  }
  std::ranges::stable_sort(all, {}, [](const Running& running) {
    return std::pair(!running.crashed, running.worker->started_ns);
  });
  for (const Running& running : all) texts_.push_back(text_of(running, now));
}

std::string RunningRequests::short_text() const {
  if (texts_.empty()) return "none";
  std::string text;
  for (std::size_t i = 0; i < std::min(texts_.size(), kMostInLog); ++i) {
    const bool fits = texts_[i].size() <= kMostBytesInLog;
    text += i == 0 ? "" : "; ";
    text += fits ? texts_[i] : texts_[i].substr(0, kMostBytesInLog) + "...";
  }
  if (texts_.size() > kMostInLog) text += fmt::format("; {} more", texts_.size() - kMostInLog);
  return text;
}

std::string RunningRequests::full_text() const {
  if (texts_.empty()) return "  none\n";
  std::string text;
  for (const std::string& each : texts_) text += "  " + each + "\n";
  return text;
}

}  // namespace tusk::supervisor::crash
