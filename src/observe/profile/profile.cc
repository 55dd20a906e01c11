#include "observe/profile/profile.h"

#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/format.h>

namespace tusk::observe::profile {

std::string_view to_string(Ended ended) {
  switch (ended) {
    case Ended::kInTime:
      return "in_time";
    case Ended::kByClient:
      return "by_client";
    case Ended::kByProcess:
      return "by_process";
  }
  return {};
}

void Profile::merge(const Profile& other) {
  tree.merge(other.tree);
  if (other.began < began) began = other.began;
  seconds = std::max(seconds, other.seconds);
  samples += other.samples;
  processes += other.processes;
  if (other.ended != Ended::kInTime) ended = other.ended;
  for (const std::string& note : other.notes) {
    if (std::ranges::find(notes, note) == notes.end()) notes.push_back(note);
  }
}

std::string title_of(const Profile& profile) {
  const std::time_t began = std::chrono::system_clock::to_time_t(profile.began);
  std::tm utc{};
  ::gmtime_r(&began, &utc);
  std::array<char, 32> time{};
  std::strftime(time.data(), time.size(), "%Y-%m-%d %H:%M:%S UTC", &utc);
  return fmt::format("tusk profile, {}, {:.1f} s, {} process{}, {} sample{}", time.data(),
                     profile.seconds, profile.processes, profile.processes == 1 ? "" : "es",
                     profile.samples, profile.samples == 1 ? "" : "s");
}

std::vector<std::string> notes_of(const Profile& profile) {
  std::vector<std::string> notes = profile.notes;
  if (profile.tree.truncated()) {
    notes.emplace_back(
        "truncated: there were more stacks than the profile holds, and their time is "
        "counted at their callers");
  }
  if (profile.samples == 0)
    notes.emplace_back("no script ran while the samples were taken, or none that was asked for");
  return notes;
}

}  // namespace tusk::observe::profile
