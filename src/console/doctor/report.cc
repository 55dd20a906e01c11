#include "console/doctor/report.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include <fnmatch.h>

namespace tusk::console::doctor {

namespace {

// Where the request is among those that were sent from the position `from` on.
std::optional<std::uint64_t> position_of(const Report& report, const ExaminedRequest& examined,
                                         std::uint64_t from, std::uint64_t sent) {
  const std::uint64_t round = report.requests.size();
  for (std::uint64_t at = from; at < std::min(from + round, sent); ++at) {
    const PlannedRequest& request = report.requests[at % round].request;
    if (request.method == examined.method && request.path() == examined.path) return at;
  }
  return std::nullopt;
}

}  // namespace

bool RequestResult::has_failed() const {
  return unanswered > 0 ||
         std::ranges::any_of(statuses, [](const auto& each) { return each.first >= 500; });
}

std::uint64_t Report::compared() const {
  return std::accumulate(requests.begin(), requests.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& each) { return sum + each.compared; });
}

bool Report::is_clean() const {
  return findings.empty() && lives == 1 && ended_early.empty() && !findings_were_left_out &&
         std::ranges::none_of(requests, &RequestResult::has_failed) &&
         std::ranges::all_of(requests, [](const auto& each) { return each.examined > 0; });
}

void add_examined(Report& report, std::span<const ExaminedRequest> examined, std::uint64_t sent) {
  const std::uint64_t warm_up = report.warm_up_rounds * report.requests.size();
  std::uint64_t next = 0;
  const ExaminedRequest* previous = nullptr;
  for (const ExaminedRequest& one : examined) {
    if (one.number == 1) ++report.lives;
    const auto at = position_of(report, one, next, sent);
    const ExaminedRequest* const before = std::exchange(previous, &one);
    if (!at) continue;
    next = *at + 1;
    RequestResult& result = report.requests[*at % report.requests.size()];
    ++result.examined;
    if (one.number <= warm_up || before == nullptr || before->number + 1 != one.number) continue;
    ++result.compared;
    result.memory_growth +=
        static_cast<std::int64_t>(one.memory) - static_cast<std::int64_t>(before->memory);
  }
}

void add_findings(Report& report, std::vector<Finding> findings,
                  std::span<const std::string> ignored) {
  for (Finding& finding : findings) {
    const bool is_ignored = std::ranges::any_of(ignored, [&](const std::string& glob) {
      return ::fnmatch(glob.c_str(), finding.what.c_str(), FNM_NOESCAPE) == 0;
    });
    if (is_ignored) {
      ++report.ignored;
    } else {
      report.findings.push_back(std::move(finding));
    }
  }
}

}  // namespace tusk::console::doctor
