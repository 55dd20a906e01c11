#include "observe/profile/speedscope.h"

#include <vector>

#include <fmt/format.h>

#include "observe/escape.h"
#include "observe/profile/merged_calls.h"

namespace tusk::observe::profile {

namespace {

constexpr double kNanoseconds = 1e9;

void append_frames(std::string& json, const CallTree& tree) {
  bool first = true;
  for (const Frame& frame : tree.frames()) {
    json.append(first ? "{\"name\":" : ",{\"name\":");
    append_json_string(json, frame.name);
    if (!frame.file.empty()) {
      json.append(",\"file\":");
      append_json_string(json, frame.file);
    }
    json.push_back('}');
    first = false;
  }
}

struct Stack {
  std::uint32_t call;
  std::size_t depth;
};

// Each call's own time is one sample, in the order of the tree, so that "time order" shows it as a
// flame graph too.
void append_profile(std::string& json, const std::vector<MergedCall>& calls, std::string_view name,
                    std::uint64_t Cost::* cost) {
  json.append("{\"type\":\"sampled\",\"name\":\"").append(name);
  json.append("\",\"unit\":\"seconds\",\"startValue\":0,\"endValue\":");
  std::uint64_t total = 0;
  std::string samples;
  std::string weights;
  std::vector<CallTree::FrameId> stack;
  std::vector<Stack> pending;
  const auto push_callees = [&](std::uint32_t call, std::size_t depth) {
    const auto& callees = calls[call].callees;
    for (std::size_t i = callees.size(); i-- > 0;) pending.push_back({callees[i], depth});
  };
  push_callees(0, 0);
  while (!pending.empty()) {
    const Stack next = pending.back();
    pending.pop_back();
    stack.resize(next.depth);
    stack.push_back(calls[next.call].frame);
    push_callees(next.call, stack.size());
    const std::uint64_t ns = calls[next.call].self.*cost;
    if (ns == 0) continue;
    total += ns;
    samples.append(samples.empty() ? "" : ",");
    samples.append(fmt::format("[{}]", fmt::join(stack, ",")));
    weights.append(weights.empty() ? "" : ",");
    weights.append(fmt::format("{:.9f}", static_cast<double>(ns) / kNanoseconds));
  }
  json.append(fmt::format("{:.9f}", static_cast<double>(total) / kNanoseconds));
  json.append(",\"samples\":[").append(samples);
  json.append("],\"weights\":[").append(weights).append("]}");
}

}  // namespace

std::string speedscope(const Profile& profile) {
  const std::vector<MergedCall> calls = merge_lines(profile.tree);
  std::string json =
      "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"exporter\":\"tusk\","
      "\"name\":";
  append_json_string(json, title_of(profile));
  json.append(",\"activeProfileIndex\":0,\"shared\":{\"frames\":[");
  append_frames(json, profile.tree);
  json.append("]},\"profiles\":[");
  append_profile(json, calls, "wall-clock time", &Cost::wall_ns);
  json.push_back(',');
  append_profile(json, calls, "CPU time", &Cost::cpu_ns);
  json.append("],\"tusk\":{\"notes\":[");
  bool first = true;
  for (const std::string& note : notes_of(profile)) {
    if (!first) json.push_back(',');
    append_json_string(json, note);
    first = false;
  }
  json.append("]}}\n");
  return json;
}

}  // namespace tusk::observe::profile
