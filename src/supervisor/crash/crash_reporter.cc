#include "supervisor/crash/crash_reporter.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "supervisor/crash/report_child.h"

namespace tusk::supervisor::crash {

namespace {

// Longer than the child takes at most, unless its file system hangs.
constexpr base::Duration kTimeout = std::chrono::seconds(6);
constexpr std::size_t kMostAnswerBytes = 64 * 1024;

}  // namespace

void CrashReporter::report(CrashReport report) {
  base::UniqueFd answers;
  const auto is_alike = [&](const auto& other) {
    return other->report.worker.has_value() == report.worker.has_value();
  };
  if (std::ranges::count_if(pending_, is_alike) >= kMostAtOnce) {
    report.why_no_file = "others are being written";
  } else if (report.worker && !pace_of_workers_.take(base::now())) {
    report.why_no_file = fmt::format("there were {} within a minute", ReportPace::kMost);
  } else {
    answers = start_report_child(report);
    if (!answers) report.why_no_file = "no process can be started for it";
  }
  if (report.directory.empty()) report.why_no_file.clear();
  if (!answers) return log_crash(report);
  auto& pending = *pending_.emplace_back(std::make_unique<Pending>(loop_, std::move(answers)));
  pending.report = std::move(report);
  pending.late.after(kTimeout, [this, &pending] { end(pending); });
  await(pending);
}

void CrashReporter::await(Pending& pending) {
  pending.pipe.wait([this, &pending] { read(pending); });
}

void CrashReporter::read(Pending& pending) {
  std::array<char, 4096> bytes;
  while (pending.received.size() < kMostAnswerBytes) {
    const ssize_t count = ::read(pending.pipe.fd(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return await(pending);
    if (count <= 0) break;
    pending.received.append(bytes.data(), static_cast<std::size_t>(count));
  }
  end(pending);
}

// The timer and the pipe may both be ready.
void CrashReporter::end(Pending& pending) {
  const auto found =
      std::ranges::find_if(pending_, [&](const auto& each) { return each.get() == &pending; });
  if (found == pending_.end()) return;
  take_answer(pending.report, pending.received);
  log_crash(pending.report);
  pending.pipe.close();
  pending.late.cancel();
  // Not destroyed before a call that the loop may have ready for it.
  loop_.post([ended = std::move(*found)] {});
  pending_.erase(found);
}

void CrashReporter::finish() {
  while (!pending_.empty()) end(*pending_.back());
}

}  // namespace tusk::supervisor::crash
