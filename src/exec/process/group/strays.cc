#include "exec/process/group/strays.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <unistd.h>

#include "base/process/parent_process.h"

namespace tusk::exec::process {

namespace {

constexpr std::string_view kServer = "tusk-server";

// The name of an upgraded program has " (deleted)" behind it.
bool is_server(pid_t process) {
  std::array<char, 4096> path;
  const std::string link = "/proc/" + std::to_string(process) + "/exe";
  const ssize_t length = ::readlink(link.c_str(), path.data(), path.size());
  if (length <= 0) return false;
  std::string_view name(path.data(), static_cast<std::size_t>(length));
  name.remove_prefix(name.rfind('/') + 1);
  return name.starts_with(kServer);
}

// The members of a group, and what is known of each: a process is looked at once, however many
// descend from it.
class Look {
 public:
  enum class Verdict : std::uint8_t { kUnknown, kStray, kOther, kEnded };

  Look(const std::vector<pid_t>& members, pid_t leader) {
    known_.reserve(members.size());
    for (const pid_t member : members) known_[member] = Verdict::kUnknown;
    known_[::getpid()] = Verdict::kOther;
    known_[leader] = Verdict::kOther;
  }

  // Goes up to the first process that is outside of the group, or known.
  Verdict verdict_on(pid_t member) {
    way_.clear();
    Verdict verdict = Verdict::kUnknown;
    for (pid_t process = member; verdict == Verdict::kUnknown;) {
      const auto at = known_.find(process);
      if (at == known_.end()) {
        verdict = is_server(process) ? Verdict::kOther : Verdict::kStray;
        known_[process] = verdict;
      } else if (at->second == Verdict::kUnknown) {
        const pid_t parent = base::process::parent_of(process);
        if (parent == 0) {
          verdict = at->second = Verdict::kEnded;
        } else {
          // Numbers are used again, so the parents may form a circle: it ends at this verdict.
          at->second = Verdict::kOther;
          way_.push_back(std::exchange(process, parent));
        }
      } else {
        verdict = at->second;
      }
    }
    // A process that has ended is no stray; its descendants are.
    if (verdict == Verdict::kEnded && !way_.empty()) verdict = Verdict::kStray;
    for (const pid_t process : way_) known_[process] = verdict;
    return verdict;
  }

 private:
  std::unordered_map<pid_t, Verdict> known_;
  std::vector<pid_t> way_;  // from the member upwards
};

}  // namespace

Strays find_strays(const std::vector<pid_t>& members, pid_t leader, base::MonotonicTime until) {
  Strays strays;
  Look look(members, leader);
  bool is_first = true;
  for (const pid_t member : members) {
    if (!std::exchange(is_first, false) && base::now() >= until) {
      strays.is_complete = false;
      break;
    }
    const Look::Verdict verdict = look.verdict_on(member);
    if (verdict == Look::Verdict::kStray) strays.processes.push_back(member);
    if (verdict == Look::Verdict::kOther) strays.has_others = true;
  }
  return strays;
}

}  // namespace tusk::exec::process
