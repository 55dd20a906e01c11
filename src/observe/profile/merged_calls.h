// MergedCalls: the calls of a profile by function, whatever line the functions were at.
//
// Thread: any; made of a CallTree, which must live longer.
#pragma once

#include <cstdint>
#include <vector>

#include "observe/profile/call_tree.h"

namespace tusk::observe::profile {

struct MergedCall {
  CallTree::FrameId frame = 0;  // of the root: none
  Cost self;
  Cost total;                            // with all that it has called
  std::vector<std::uint32_t> callees{};  // indices, by name
};

// The first one is the root. A call comes before those that it has made.
std::vector<MergedCall> merge_lines(const CallTree& tree);

}  // namespace tusk::observe::profile
