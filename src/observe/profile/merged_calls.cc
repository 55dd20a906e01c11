#include "observe/profile/merged_calls.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace tusk::observe::profile {

std::vector<MergedCall> merge_lines(const CallTree& tree) {
  const std::vector<CallTree::Node>& nodes = tree.nodes();
  std::vector<MergedCall> calls(1);
  std::vector<std::uint32_t> place(nodes.size(), 0);
  std::map<std::pair<std::uint32_t, CallTree::FrameId>, std::uint32_t> known;
  std::vector<std::uint32_t> parents(1, 0);
  calls[0].self = nodes[0].self;
  for (std::size_t id = 1; id < nodes.size(); ++id) {
    const std::uint32_t parent = place[nodes[id].parent];
    const auto [at, is_new] =
        known.try_emplace({parent, nodes[id].frame}, static_cast<std::uint32_t>(calls.size()));
    if (is_new) {
      calls.push_back({.frame = nodes[id].frame, .self = {}, .total = {}});
      calls[parent].callees.push_back(at->second);
      parents.push_back(parent);
    }
    place[id] = at->second;
    calls[at->second].self += nodes[id].self;
  }
  for (std::size_t i = calls.size(); i-- > 0;) {
    calls[i].total += calls[i].self;
    if (i > 0) calls[parents[i]].total += calls[i].total;
  }
  for (MergedCall& call : calls) {
    std::ranges::sort(call.callees, {}, [&](std::uint32_t callee) {
      const Frame& frame = tree.frame(calls[callee].frame);
      return std::tie(frame.name, frame.file);
    });
  }
  return calls;
}

}  // namespace tusk::observe::profile
