#include "observe/profile/folded.h"

#include <algorithm>
#include <vector>

#include "observe/profile/merged_calls.h"

namespace tusk::observe::profile {

namespace {

constexpr std::uint64_t kNanosecondsPerUnit = 1000;

// Depth first, without recursion on the machine's stack.
struct Visit {
  std::uint32_t call;
  std::size_t length;  // of the stack's text
};

}  // namespace

std::string folded(const Profile& profile, Clock clock) {
  const std::vector<MergedCall> calls = merge_lines(profile.tree);
  std::string text;
  std::string stack;
  std::vector<Visit> pending;
  const auto push_callees = [&](std::uint32_t call) {
    const auto& callees = calls[call].callees;
    for (std::size_t i = callees.size(); i-- > 0;) pending.push_back({callees[i], stack.size()});
  };
  push_callees(0);
  while (!pending.empty()) {
    const Visit visit = pending.back();
    pending.pop_back();
    const MergedCall& call = calls[visit.call];
    stack.resize(visit.length);
    if (!stack.empty()) stack.push_back(';');
    const std::size_t at = stack.size();
    stack.append(profile.tree.frame(call.frame).name);
    std::replace(stack.begin() + static_cast<std::ptrdiff_t>(at), stack.end(), ';', ':');
    const std::uint64_t ns = clock == Clock::kWall ? call.self.wall_ns : call.self.cpu_ns;
    const std::uint64_t units = (ns + kNanosecondsPerUnit / 2) / kNanosecondsPerUnit;
    if (units > 0) text.append(stack).append(" ").append(std::to_string(units)).append("\n");
    push_callees(visit.call);
  }
  return text;
}

}  // namespace tusk::observe::profile
