// Collection: the profiles of all server processes, taken at the same time and merged.
//
// Owner: the command. Thread: main. It waits for answers.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "console/http_answer.h"
#include "console/profile/profile_options.h"
#include "observe/profile/profile.h"

namespace tusk::console::profile {

// A process that ends or drains meanwhile gives what it has, and the processes that replace it are
// asked for the rest of the time.
class Collection {
 public:
  // How long an answer may come late.
  static constexpr std::chrono::seconds kTimeout{5};

  Collection(std::string control_socket, const ProfileOptions& options)
      : control_socket_(std::move(control_socket)), options_(options) {}

  // Asks all processes that serve, and returns how many will answer.
  base::Result<std::size_t> begin();
  // Waits for the answers. A byte in `interrupts` (a signalfd) ends the sampling early.
  void wait(int interrupts);

  // Nothing: no process has answered.
  std::optional<observe::profile::Profile> take() { return std::exchange(merged_, std::nullopt); }
  // Messages about processes whose profile could not be taken.
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  struct Request {
    pid_t pid;
    base::UniqueFd socket;
    HttpAnswer answer{};
    bool is_over = false;
  };

  base::Result<void> ask(pid_t pid, double seconds);
  void ask_successors();
  void receive(Request& request);
  void take(Request& request);
  void fail(Request& request, const std::string& why);
  void end_early(int interrupts);

  const std::string control_socket_;
  const ProfileOptions options_;
  base::MonotonicTime until_{};     // the sampling goes on
  base::MonotonicTime deadline_{};  // answers are waited for
  std::vector<Request> requests_;
  std::set<pid_t> asked_;
  bool looks_for_successors_ = false;
  base::MonotonicTime next_look_{};
  std::optional<observe::profile::Profile> merged_;
  std::vector<std::string> problems_;
};

}  // namespace tusk::console::profile
