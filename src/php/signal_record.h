// SignalRecord: the signal dispositions that a script asked for, by pcntl_signal() say.
//
// They are the process's, and the process is the server: there they are remembered and not applied.
// A process that the script forks is its own, and gets them (php/fork.cc).
//
// Owner: a ScriptThread; emptied when the request ends. Thread: that worker.
#pragma once

#include <array>
#include <bitset>

#include <signal.h>

namespace tusk::php {

class SignalRecord {
 public:
  static constexpr int kSignals = 65;  // Linux has 1 to 64

  bool has(int number) const { return recorded_.test(static_cast<std::size_t>(number)); }
  const struct sigaction& get(int number) const {
    return actions_[static_cast<std::size_t>(number)];
  }
  void set(int number, const struct sigaction& action) {
    actions_[static_cast<std::size_t>(number)] = action;
    recorded_.set(static_cast<std::size_t>(number));
  }
  bool empty() const { return recorded_.none(); }
  void clear() { recorded_.reset(); }

 private:
  std::bitset<kSignals> recorded_;
  std::array<struct sigaction, kSignals> actions_{};
};

}  // namespace tusk::php
