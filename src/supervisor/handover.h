// Handover: everything that a supervisor has, as text, for the program that takes its place.
//
// At an upgrade the supervisor executes the new program in its own process (execve): the process
// id, the children and the descriptors stay. The text says which descriptor is what. It is JSON
// with a version, so that a program which cannot read it says so before the old one is gone: it is
// asked first (`tusk adopt-check`).
//
// Thread: the supervisor's only one. Plain data; descriptors are numbers, and nobody's here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/result.h"
#include "base/unique_fd.h"
#include "config/address.h"

namespace tusk::supervisor {

// The variable that names the text: a descriptor's number.
inline constexpr const char* kHandoverVariable = "TUSK_HANDOVER_FD";
// The command that a new program is asked with whether it can read the text.
inline constexpr std::string_view kAdoptCheck = "adopt-check";

struct HandedListener {
  int fd = -1;
  bool owns_file = false;
  config::Address address;
};

struct HandedAddress {
  std::string name;
  config::Address address;
  std::vector<HandedListener> listeners;
};

struct HandedProcess {
  pid_t pid = 0;  // 0: it has ended, and is to be started
  int control = -1;
  int crash = -1;  // its crash record
  // Where it is in the scoreboard. Nothing: it is not.
  std::optional<std::size_t> place;
  std::int64_t started_ns = 0;
  std::uint64_t requests_before = 0;       // in its place of the scoreboard
  std::optional<std::uint64_t> oom_kills;  // of its cgroup, when it was started
  bool killed = false;
  bool ready = false;
  std::int64_t ready_since_ns = 0;
  bool retiring = false;  // it drains, because another one has taken its place
};

struct HandedGeneration {
  std::uint64_t number = 0;
  bool ready = false;
  bool draining = false;
  bool drain_failed = false;
  std::int64_t ready_since_ns = 0;
  std::int64_t drain_deadline_ns = 0;
  std::optional<std::string> file_text;
  std::vector<std::size_t> addresses;  // places in Handover::addresses
  std::vector<HandedProcess> processes;
};

struct Handover {
  std::int64_t started_ns = 0;
  std::uint64_t last_generation = 0;
  std::vector<HandedAddress> addresses;
  std::vector<std::size_t> given_clients;   // by a process manager (LISTEN_FDS)
  std::vector<std::size_t> given_internal;  // places in `addresses`
  // The one that serves, the one that takes its place, and those that drain.
  std::vector<HandedGeneration> generations;
  std::string control_path;  // empty: there is no control socket
  int control_socket = -1;
  std::uint64_t control_inode = 0;
  std::vector<int> clients;         // they wait for the end of the upgrade
  std::vector<int> unread_clients;  // nobody has read their request
  // Memory that server processes share: Supervisor::Parts. -1: there is none.
  int scoreboard = -1;
  int ticket_keys = -1;
  bool reload_again = false;  // a reload was asked for meanwhile

  // All descriptors that the new program must inherit.
  std::vector<int> descriptors() const;
};

// For a scoreboard that this program cannot read: the running processes get no place in it. A
// reload follows, and its processes get new places.
void forget_scoreboard(Handover& handover);

std::string to_text(const Handover& handover);
base::Result<Handover> parse_handover(std::string_view text);

// The text as a file in memory, to be inherited.
base::Result<base::UniqueFd> write_handover(const std::string& text);
// Takes the variable out of the environment. Nothing: there is none.
std::optional<base::Result<Handover>> take_handover();

}  // namespace tusk::supervisor
