// Terminal: the operator's terminal while `tusk top` draws on it. Its destructor restores it.
//
// It is drawn with the control sequences that every terminal of today obeys, because a library for
// others would cost the supervisor, which is the same program, memory all the time. Signals are
// read like keys, so that nothing ends the program before the terminal is restored.
//
// Owner: the command. Thread: main, in a program without other threads.
#pragma once

#include <chrono>
#include <csignal>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <termios.h>

#include "base/unique_fd.h"
#include "console/top/screen.h"

namespace tusk::console::top {

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

class Terminal {
 public:
  enum class Key { kNone, kUp, kDown, kEscape, kQuit, kSort, kBacktrace, kPause, kRedraw, kGone };

  // Whether there is one that can be drawn on.
  static bool is_there();

  Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal();

  // Waits for a key; kNone if none comes for so long. kGone: the terminal is gone, or a signal
  // wants the program to end.
  Key wait(std::chrono::milliseconds most);
  TerminalSize size() const;
  void draw(const std::vector<ScreenLine>& lines);
  // The signal that wants the program to end; 0: none.
  int ending_signal() const { return ending_signal_; }

 private:
  void enter();
  void leave();
  Key take_signal();
  Key take_key();

  termios before_{};
  sigset_t mask_before_{};
  base::UniqueFd signals_;
  std::string typed_;  // and not taken yet
  int ending_signal_ = 0;
};

// The first key of what was typed, which is removed. Unknown ones are kNone.
Terminal::Key take_typed_key(std::string& typed);

}  // namespace tusk::console::top
