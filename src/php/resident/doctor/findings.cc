#include "php/resident/doctor/findings.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "observe/log.h"

namespace tusk::php::resident::doctor {

namespace {

// `tusk doctor` reads these lines (console/doctor/log_reader.cc).
std::string_view message_of(FindingKind kind) {
  switch (kind) {
    case FindingKind::kChanged:
      return "resident doctor: a request has changed a value that stays";
    case FindingKind::kGrown:
      return "resident doctor: a request has made a value that stays longer";
    case FindingKind::kSteady:
      return "resident doctor: something grows with the requests";
    case FindingKind::kDescriptor:
      return "resident doctor: a request has left a descriptor open";
    case FindingKind::kTransaction:
      return "resident doctor: a request has left a transaction open";
  }
  return "resident doctor";
}

bool is_power_of_ten(std::uint64_t number) {
  while (number >= 10 && number % 10 == 0) number /= 10;
  return number == 1;
}

}  // namespace

void Findings::add(FindingKind kind, const std::string& subject, std::string_view before,
                   std::string_view after) {
  if (known_.size() >= kMost && !known_.contains(subject)) {
    if (is_full_) return;
    is_full_ = true;
    observe::warn("resident doctor: too many findings; further ones are left out",
                  {{"pool", request_.pool}, {"findings", std::uint64_t{kMost}}});
    return;
  }
  Known& known = known_[subject];
  if (known.last_request == request_.number) return;
  known.last_request = request_.number;
  ++known.times;
  if (known.paths.size() < kMostPaths &&
      std::ranges::find(known.paths, request_.path) == known.paths.end())
    known.paths.emplace_back(request_.path);
  if (!is_power_of_ten(known.times)) return;
  observe::info(message_of(kind), {{"what", subject},
                                   {before.empty() ? "" : "before", before},
                                   {after.empty() ? "" : "after", after},
                                   {"times", known.times},
                                   {"pool", request_.pool},
                                   {"method", request_.method},
                                   {"path", request_.path},
                                   {"request_of_script", request_.number}});
}

void Findings::end_script(std::string_view pool) {
  std::vector<std::pair<std::uint64_t, std::string>> often;
  for (const auto& [subject, known] : known_) {
    if (known.times > 1) often.emplace_back(known.times, subject);
  }
  std::ranges::sort(often, std::greater<>{});
  for (const auto& [times, subject] : often) {
    std::string paths;
    for (const std::string& path : known_[subject].paths)
      paths += (paths.empty() ? "" : " ") + path;
    observe::info("resident doctor: found again and again until the script ended",
                  {{"what", subject}, {"times", times}, {"pool", pool}, {"paths", paths}});
  }
  known_.clear();
  is_full_ = false;
}

std::uint64_t Findings::times(const std::string& subject) const {
  const auto found = known_.find(subject);
  return found == known_.end() ? 0 : found->second.times;
}

}  // namespace tusk::php::resident::doctor
