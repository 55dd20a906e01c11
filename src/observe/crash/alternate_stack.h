// AlternateStack: the stack on which the calling thread handles fatal signals, so that it can
// report that its own one is full.
//
// Under sanitizers there is none: they have their own. Nor is there one if there is no memory for
// it: then a thread whose stack is full ends the process without a report.
//
// Owner and thread: the thread that it is for, which makes and destroys it.
#pragma once

namespace tusk::observe::crash {

class AlternateStack {
 public:
  AlternateStack() noexcept;
  ~AlternateStack();
  AlternateStack(const AlternateStack&) = delete;
  AlternateStack& operator=(const AlternateStack&) = delete;

 private:
  void* memory_ = nullptr;  // null: there is none
};

}  // namespace tusk::observe::crash
