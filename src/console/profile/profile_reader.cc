#include "console/profile/profile_reader.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "console/json_reader.h"
#include "observe/escape.h"

namespace tusk::console::profile {

namespace {

using observe::profile::CallTree;
using observe::profile::Ended;
using observe::profile::Profile;

constexpr std::uint64_t kVersion = 1;
// A day of a thousand workers.
constexpr std::uint64_t kMostNanoseconds = std::uint64_t{1000} * 86'400 * 1'000'000'000;
constexpr std::size_t kMostNotes = 20;

std::uint64_t count_in(const Json& value, std::uint64_t most) {
  return value.is_number_unsigned() ? std::min(value.get<std::uint64_t>(), most) : 0;
}

// No control characters, and valid UTF-8.
std::string harmless(const Json& value) {
  std::string text;
  if (value.is_string()) observe::append_text_escaped(text, value.get_ref<const std::string&>());
  return text;
}

struct Function {
  std::string name;
  std::string file;
};

std::vector<Function> functions_in(const Json& json) {
  std::vector<Function> functions;
  for (const Json& frame : list_of(json, "frames")) {
    const bool is_pair = frame.is_array() && frame.size() == 2;
    functions.push_back(is_pair ? Function{harmless(frame[0]), harmless(frame[1])} : Function{});
  }
  return functions;
}

// False: it is none.
bool read_tree(const Json& json, CallTree& tree) {
  const std::vector<Function> functions = functions_in(json);
  std::vector<CallTree::NodeId> ids;
  for (const Json& node : list_of(json, "nodes")) {
    if (!node.is_array() || node.size() != 5) return false;
    if (ids.empty()) {
      ids.push_back(CallTree::kRoot);
    } else {
      const std::uint64_t parent = count_in(node[0], ids.size());
      const std::uint64_t frame = count_in(node[1], functions.size());
      if (parent >= ids.size() || frame >= functions.size()) return false;
      const auto line = static_cast<std::uint32_t>(count_in(node[2], UINT32_MAX));
      ids.push_back(tree.child(ids[parent], functions[frame].name, functions[frame].file, line));
    }
    tree.add(ids.back(), {.wall_ns = count_in(node[3], kMostNanoseconds),
                          .cpu_ns = count_in(node[4], kMostNanoseconds)});
  }
  return !ids.empty();
}

}  // namespace

base::Result<Profile> read_profile(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (count_in(value_of(json, "version"), ~std::uint64_t{0}) != kVersion) {
    return base::fail("its answer is no profile");
  }
  Profile profile;
  if (!read_tree(json, profile.tree)) {
    return base::fail("its profile is not complete");
  }
  constexpr std::uint64_t kMostMilliseconds = 10'000'000'000'000;
  profile.began = std::chrono::system_clock::time_point(
      std::chrono::milliseconds(count_in(value_of(json, "began_ms"), kMostMilliseconds)));
  profile.seconds = std::clamp(number_of(json, "seconds"), 0.0, 1e9);
  profile.samples = count_in(value_of(json, "samples"), std::uint64_t{1} << 50U);
  for (const Ended each : {Ended::kByClient, Ended::kByProcess}) {
    if (string_of(json, "ended") == to_string(each)) profile.ended = each;
  }
  for (const Json& note : list_of(json, "notes")) {
    if (profile.notes.size() < kMostNotes) profile.notes.push_back(harmless(note));
  }
  if (value_of(json, "truncated") == Json(true)) profile.tree.set_truncated();
  return profile;
}

}  // namespace tusk::console::profile
