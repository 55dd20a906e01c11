// SignalRecord: the signal dispositions that a script has asked for, for example by pcntl_signal(),
// and the mask, by pcntl_sigprocmask().
//
// Owner: a ScriptThread, which empties it when the request ends. Thread: that worker.
#pragma once

#include <array>
#include <bitset>

#include <signal.h>

namespace tusk::php::process {

// Dispositions belong to the process, and the process is the server: they are recorded and not
// applied. So is the mask: a worker has its own, which lets through only the signals by which the
// server reaches it. A process that the script forks is its own, and gets them
// (php/process/fork.cc).
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
  const sigset_t& mask() const { return mask_; }  // nothing is blocked until the script asks for it
  void set_mask(const sigset_t& mask) {
    mask_ = mask;
    masked_ = true;
  }

  bool empty() const { return recorded_.none() && !masked_; }
  void clear() {
    recorded_.reset();
    mask_ = {};
    masked_ = false;
  }

 private:
  std::bitset<kSignals> recorded_;
  std::array<struct sigaction, kSignals> actions_{};
  sigset_t mask_{};
  bool masked_ = false;
};

}  // namespace tusk::php::process
