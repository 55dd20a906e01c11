// For tests: a host process that forks a worker, whose requests are rewound.
//
// Owner: the test. Thread: the only one of each of the processes.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process/sanitizer_build.h"
#include "php/rewind/settled_process.h"
#include "php/rewind/snapshot.h"

namespace tusk::php::rewind {

// Skips tests where a sanitizer has the memory.
#define TUSK_SKIP_UNDER_SANITIZER() \
  if (TUSK_SANITIZER_BUILD != 0) GTEST_SKIP() << "a sanitizer has this program's memory"

// What the processes of a test share. No rewind changes it.
struct TestFacts {
  int round = 0;                           // how often mark() has returned, less one
  std::array<std::uint64_t, 16> values{};  // whatever the test likes
  std::array<char, 512> failure{};         // the first
};

// A worker, as a test's body sees it. The body runs up to its mark() once, and from there on once
// for each round.
class TestWorker {
 public:
  TestWorker(const Template& from, const Snapshot::Options& options, TestFacts& facts)
      : facts_(facts), kept_(std::move(*KeptMemory::create(std::size_t{64} << 10))) {
    auto snapshot = Snapshot::create(from, options);
    check(snapshot.has_value(), snapshot ? "" : snapshot.error().message.c_str());
    snapshot_ = snapshot ? *snapshot : nullptr;
    // Mapped now, the facts cause no page fault in a request.
    static_cast<volatile int&>(facts_.round) = 0;
  }

  // The number of the round: 0 after the mark.
  int mark(std::vector<Range> left = {}) {
    left.push_back(kept_.range());
    if (snapshot_->mark(left) == Mark::kRefused) {
      check(false, snapshot_->refusal());
      ::_exit(1);
    }
    return facts_.round;
  }
  [[noreturn]] void rewind() {
    ++facts_.round;
    snapshot_->rewind();
  }

  void check(bool holds, const char* what) {
    if (holds || facts_.failure[0] != '\0') return;
    std::snprintf(facts_.failure.data(), facts_.failure.size(), "round %d: %s", facts_.round, what);
  }

  Snapshot& snapshot() { return *snapshot_; }
  const Snapshot::Counters& counters() const { return snapshot_->counters(); }
  KeptMemory& kept() { return kept_; }
  std::uint64_t& value(std::size_t index) { return facts_.values[index]; }

 private:
  TestFacts& facts_;
  KeptMemory kept_;
  Snapshot* snapshot_ = nullptr;
};

// Runs a function in a child process, and returns its wait status.
template <class Function>
int in_child(Function function) {
  const pid_t child = ::fork();
  if (child == 0) {
    function();
    ::_exit(0);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

class TestHost {
 public:
  TestHost()
      : facts_(new(::mmap(nullptr, sizeof(TestFacts), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0)) TestFacts) {}
  ~TestHost() { ::munmap(facts_, sizeof(TestFacts)); }
  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;

  Snapshot::Options options;
  SettleOptions settle;
  std::vector<Range> left;             // of the template
  std::function<void()> boot = [] {};  // in the host, before the template is taken
  std::function<void()> before_fork = [] {};

  // Runs the body in a worker of a host of its own. Returns the worker's wait status; a check that
  // failed is a failure of the test.
  int run(const std::function<void(TestWorker&)>& body) {
    int status = -1;
    const int host = in_child([&] {
      const auto settled = settle_process(settle);
      boot();
      auto made = Template::take(left);
      if (!settled || !made) {
        std::snprintf(facts_->failure.data(), facts_->failure.size(), "%s",
                      (!settled ? settled.error() : made.error()).message.c_str());
        ::_exit(1);
      }
      before_fork();
      facts_->values[15] = static_cast<std::uint64_t>(in_child([&] {
        TestWorker worker(*made, options, *facts_);
        body(worker);
      }));
    });
    status = static_cast<int>(facts_->values[15]);
    EXPECT_EQ(host, 0);
    EXPECT_STREQ(facts_->failure.data(), "");
    return status;
  }
  // The same for a worker that has to end well.
  void expect(const std::function<void(TestWorker&)>& body) {
    const int status = run(body);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "wait status " << status;
  }

  const TestFacts& facts() const { return *facts_; }
  std::uint64_t* value(std::size_t index) { return &facts_->values[index]; }

 private:
  TestFacts* facts_;
};

}  // namespace tusk::php::rewind
