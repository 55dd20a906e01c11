// Supervision: how a server process hears from its supervisor, and tells it that it is ready.
//
// A server process without a supervisor (--no-supervisor) has none; then nothing here does
// anything.
//
// Owner: the app. Thread: main.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/unique_fd.h"
#include "net/loop.h"
#include "supervisor/control.h"

namespace tusk::app {

class Supervision {
 public:
  // Takes the variable out of the environment: scripts and child processes must not find it.
  static Supervision from_environment();

  bool on() const { return on_; }

  // Calls `drain` when the supervisor says so, or when it is gone: a server process that nobody can
  // stop must not go on.
  void listen(net::Loop& loop, std::function<void()> drain);
  void tell_ready();

 private:
  bool on_ = false;
  base::UniqueFd socket_;
  std::unique_ptr<supervisor::ControlChannel> channel_;
};

// The text of the configuration file, where the supervisor has handed it over. Takes the variable
// out of the environment.
std::optional<std::string> take_configuration_text();

}  // namespace tusk::app
