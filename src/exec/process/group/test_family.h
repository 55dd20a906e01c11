// Family: processes for tests of a pool's control group.
//
// Thread: one.
#pragma once

#include <csignal>
#include <vector>

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tusk::exec::process {

// A child of this process, with children of its own that sleep until they are killed. It waits for
// them, as the first process of a machine does for those that have lost their parent. For tests
// only.
class Family {
 public:
  explicit Family(int children) {
    int ends[2] = {};
    EXPECT_EQ(::pipe(ends), 0);
    const pid_t test = ::getpid();
    parent_ = ::fork();
    if (parent_ == 0) {
      end_with(test);
      for (int i = 0; i < children; ++i) {
        const pid_t parent = ::getpid();
        const pid_t child = ::fork();
        if (child == 0) {
          end_with(parent);
          for (;;) ::pause();
        }
        if (::write(ends[1], &child, sizeof child) != sizeof child) ::_exit(1);
      }
      for (;;) {
        if (::wait(nullptr) < 0) ::pause();
      }
    }
    for (int i = 0; i < children; ++i) {
      pid_t child = 0;
      EXPECT_EQ(::read(ends[0], &child, sizeof child), static_cast<ssize_t>(sizeof child));
      children_.push_back(child);
    }
    ::close(ends[0]);
    ::close(ends[1]);
  }
  ~Family() {
    ::kill(parent_, SIGKILL);
    ::waitpid(parent_, nullptr, 0);
  }
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;

  pid_t parent() const { return parent_; }
  const std::vector<pid_t>& children() const { return children_; }
  // How many of the children have not ended.
  std::size_t left() const {
    std::size_t count = 0;
    for (const pid_t child : children_) count += ::kill(child, 0) == 0 ? 1 : 0;
    return count;
  }

 private:
  static void end_with(pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
  }

  pid_t parent_ = 0;
  std::vector<pid_t> children_;
};

}  // namespace tusk::exec::process
