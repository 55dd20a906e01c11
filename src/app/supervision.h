// Supervision: how a server process hears from its supervisor, and tells it that it is ready.
//
// A server process without a supervisor (--no-supervisor) has none; then nothing here does
// anything.
//
// Owner: Serving, which gets it from main(). Thread: main.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/unique_fd.h"
#include "net/loop.h"
#include "observe/scoreboard/own_place.h"
#include "supervisor/control.h"
#include "supervisor/crash/worker_crash.h"
#include "supervisor/recycling/recycle_request.h"

namespace tusk::app {

class Supervision {
 public:
  // Takes its variables out of the environment: scripts and child processes must not find them.
  static Supervision from_environment();

  bool on() const { return on_; }
  // The number of the generation that this process belongs to; 1 without a supervisor.
  std::uint64_t generation() const { return generation_; }
  // The process replaces one that has ended, so that clients wait for it already.
  bool is_replacement() const { return is_replacement_; }

  // Others still serve: after a mistake this process does not start, and they go on.
  bool is_reload() const { return generation_ > 1 && !is_replacement_; }

  // The memory of the ticket keys that all server processes share; not open without a supervisor.
  base::UniqueFd take_ticket_keys() { return std::move(ticket_keys_); }

  // The supervisor's orders, each with what carries it out.
  struct Orders {
    std::function<void()> will_drain;
    // Also when the supervisor is gone: a server process that nobody can stop must not go on.
    std::function<void(supervisor::DrainCause)> drain;
    std::function<void()> reopen_logs;
    // tell_php_renewed() follows.
    std::function<void()> renew_php;
    // The text of a configuration file that changes in place. tell_applied() follows.
    std::function<void(std::string text)> apply;
    // A client of the internal server, which the supervisor has let in.
    std::function<void(base::UniqueFd)> serve_internal;
  };
  void listen(net::Loop& loop, Orders orders);
  // The process's place in the scoreboard: to be taken once.
  observe::HandedPlace take_place() { return std::move(place_); }
  void tell_ready();
  void tell_applied(const base::Result<void>& applied);
  void tell_php_renewed(const base::Result<void>& renewed);
  // Which log files could not be opened, a line for each; empty: all were.
  void tell_logs_reopened(std::string_view problems);
  // For pools with worker processes.
  std::shared_ptr<const supervisor::crash::WorkerCrashes> worker_crashes(bool wants_files) const;
  // The process should be replaced by another one.
  void tell_recycle(const supervisor::recycling::RecycleRequest& request);
  // Before the loop ends: the channel must not outlive it.
  void close() { channel_.reset(); }
  // Why the process cannot start, for who has asked for a reload. The log has it, too. Before
  // close().
  void tell_reason(std::string_view text) const;

 private:
  void on_message(supervisor::Received received);

  bool on_ = false;
  std::uint64_t generation_ = 1;
  bool is_replacement_ = false;
  base::UniqueFd socket_;
  observe::HandedPlace place_;
  base::UniqueFd ticket_keys_;
  std::unique_ptr<supervisor::ControlChannel> channel_;
  Orders orders_;
};

// The text of the configuration file, where the supervisor has handed it over. Takes the variable
// out of the environment.
std::optional<std::string> take_configuration_text();

}  // namespace tusk::app
