#include "observe/profile/profile_data.h"

#include <fmt/format.h>

#include "observe/escape.h"

namespace tusk::observe::profile {

namespace {

std::int64_t milliseconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

std::string profile_data(const Profile& profile) {
  std::string json = fmt::format(
      "{{\"version\":1,\"began_ms\":{},\"seconds\":{:.6f},\"samples\":{},\"processes\":{},"
      "\"ended\":\"{}\",\"truncated\":{},\"notes\":[",
      milliseconds(profile.began), profile.seconds, profile.samples, profile.processes,
      to_string(profile.ended), profile.tree.truncated());
  std::string_view separator;
  for (const std::string& note : profile.notes) {
    json.append(separator);
    append_json_string(json, note);
    separator = ",";
  }
  json.append("],\"frames\":[");
  separator = {};
  for (const Frame& frame : profile.tree.frames()) {
    json.append(separator).append("[");
    append_json_string(json, frame.name);
    json.append(",");
    append_json_string(json, frame.file);
    json.append("]");
    separator = ",";
  }
  json.append("],\"nodes\":[");
  separator = {};
  for (const CallTree::Node& node : profile.tree.nodes()) {
    json.append(separator);
    json.append(fmt::format("[{},{},{},{},{}]", node.parent, node.frame, node.line,
                            node.self.wall_ns, node.self.cpu_ns));
    separator = ",";
  }
  json.append("]}\n");
  return json;
}

}  // namespace tusk::observe::profile
