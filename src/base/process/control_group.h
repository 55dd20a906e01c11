// ControlGroup: a control group (cgroups(7)) that this server makes, and the limits of what is in
// it.
//
// Owner: the pool whose processes are in it. Thread: any, one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/result.h"

namespace tusk::base::process {

struct ControlGroupSettings {
  std::string name;  // "shop": below tusk's own group; "/tusk/shop": from the root; empty: none
  std::uint64_t memory_bytes = 0;  // 0, of all three: no limit
  std::uint64_t cpu_percent = 0;   // of one processor
  std::uint64_t processes = 0;     // threads count as well

  bool any() const { return !name.empty(); }
  bool limits_any() const { return memory_bytes + cpu_percent + processes != 0; }
  bool operator==(const ControlGroupSettings&) const = default;
};

// Where groups are on this machine, and which one tusk is in.
struct ControlGroupTree {
  std::string mount = "/sys/fs/cgroup";
  std::string own;   // the text of /proc/self/cgroup
  pid_t leader = 0;  // this process, or its supervisor, whose other children are tusk's too

  static ControlGroupTree of_machine(pid_t leader);
};

// A group of version 2, or groups of the same name, one for each controller of version 1. With
// version 2 a group whose children have limits may have no process itself, so tusk moves its own
// processes to a group beside those of its pools: kMainGroup.
class ControlGroup {
 public:
  static constexpr std::string_view kMainGroup = "tusk-main";

  // Makes the group unless it is there, and sets its limits. Fails if tusk may not do that, or if
  // the kernel has not the controllers.
  static Result<ControlGroup> make(const ControlGroupSettings& settings,
                                   const ControlGroupTree& tree);

  // Moves a process there. Its children follow, its memory until now does not.
  Result<void> add(pid_t process) const;
  std::vector<pid_t> members() const;
  // How many of its processes the kernel has killed because memory was short. Nothing: it does not
  // tell.
  std::optional<std::uint64_t> oom_kills() const;
  // There is room for less than two more processes.
  bool is_full() const;
  // Ends all of its processes at once. False: the kernel cannot (version 1, or before Linux 5.14),
  // or there are groups below it.
  bool kill_all() const;
  // Only if no process is left in it.
  void remove() const;
  // The directory of the first controller, for messages.
  const std::string& path() const { return directories_.front(); }
  const ControlGroupSettings& settings() const { return settings_; }

 private:
  explicit ControlGroup(const ControlGroupSettings& settings) : settings_(settings) {}
  Result<void> make_version_2(const ControlGroupTree& tree);
  Result<void> make_version_1(const ControlGroupTree& tree);
  std::string content_of(std::string_view file) const;

  ControlGroupSettings settings_;
  std::vector<std::string> directories_;
};

// The group of that controller in the text of /proc/self/cgroup, "/" if there is none; an empty
// name: that of version 2.
std::string own_control_group(std::string_view text, std::string_view controller);

// The number after "oom_kill" in memory.events (version 2) or memory.oom_control (version 1).
std::optional<std::uint64_t> parse_oom_kills(std::string_view text);

}  // namespace tusk::base::process
