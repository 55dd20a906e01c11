// Profile: what the workers of one or several server processes have spent their time in.
//
// Owner: who has asked for it. Thread: its owner's.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "observe/profile/call_tree.h"

namespace tusk::observe::profile {

// Why the sampling ended.
enum class Ended : std::uint8_t {
  kInTime,     // after the time that was asked for
  kByClient,   // the client has left, or has ended its side of the connection
  kByProcess,  // the server process drains
};
std::string_view to_string(Ended ended);

struct Profile {
  CallTree tree;
  std::chrono::system_clock::time_point began{};
  double seconds = 0;         // for which a process was sampled; the longest, if there are several
  std::uint64_t samples = 0;  // of workers that ran a script
  std::uint64_t processes = 1;
  Ended ended = Ended::kInTime;
  // Warnings for the reader: sentences without a full stop.
  std::vector<std::string> notes{};

  // Adds what another process has measured at the same time.
  void merge(const Profile& other);
};

// For titles: "tusk profile, 2026-11-28 16:00:00 UTC, 30.0 s, 2 processes, 5932 samples".
std::string title_of(const Profile& profile);
// Its notes, and one more if the tree is truncated.
std::vector<std::string> notes_of(const Profile& profile);

}  // namespace tusk::observe::profile
