// SignalRecord: the signal dispositions that a script has asked for, for example by pcntl_signal(),
// and the mask, by pcntl_sigprocmask().
//
// Owner: a ScriptThread, which empties it when the request ends. Thread: that worker.
#pragma once

#include <array>
#include <bitset>
#include <memory>

#include <signal.h>

namespace tusk::php::process {

// Dispositions belong to the process, and the process is the server: they are recorded and not
// applied. So is the mask: a worker has its own, which lets through only the signals by which the
// server reaches it. A process that the script forks is its own, and gets them
// (php/process/fork.cc).
class SignalRecord {
 public:
  static constexpr int kSignals = 65;  // Linux has 1 to 64

  bool has(int number) const { return now_.recorded.test(static_cast<std::size_t>(number)); }
  const struct sigaction& get(int number) const {
    return now_.actions[static_cast<std::size_t>(number)];
  }
  void set(int number, const struct sigaction& action) {
    now_.actions[static_cast<std::size_t>(number)] = action;
    now_.recorded.set(static_cast<std::size_t>(number));
    touched_ = true;
  }
  // Nothing is blocked until the script asks for it.
  const sigset_t& mask() const { return now_.mask; }
  void set_mask(const sigset_t& mask) {
    now_.mask = mask;
    now_.masked = true;
    touched_ = true;
  }

  bool empty() const { return now_.recorded.none() && !now_.masked; }
  void clear() {
    now_.recorded.reset();
    now_.mask = {};
    now_.masked = false;
    kept_.reset();
  }

  // put_back() goes back to what was recorded at keep().
  void keep() {
    kept_ = empty() ? nullptr : std::make_unique<Asked>(now_);
    touched_ = false;
  }
  void put_back() {
    if (!touched_) return;
    touched_ = false;
    now_ = kept_ ? *kept_ : Asked();
  }

 private:
  struct Asked {
    std::bitset<kSignals> recorded;
    std::array<struct sigaction, kSignals> actions{};
    sigset_t mask{};
    bool masked = false;
  };

  Asked now_;
  std::unique_ptr<Asked> kept_;  // null: nothing was asked for
  bool touched_ = false;         // since keep() or put_back()
};

}  // namespace tusk::php::process
