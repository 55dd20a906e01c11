// Generation: the server processes that run with one configuration. A reload starts a new one.
//
//   generation.cc           starts, ends and the drain
//   generation_change.cc    processes that are replaced one by one, and values that change in place
//   generation_handover.cc  the change to another program
//
// Owner: the Supervisor, which destroys it only when the loop has nothing ready for it: by a posted
// function. Thread: its only one.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "net/loop.h"
#include "net/timer.h"
#include "supervisor/configuration.h"
#include "supervisor/control.h"
#include "supervisor/crash/crash_reporter.h"
#include "supervisor/handover.h"
#include "supervisor/process_table.h"
#include "supervisor/recycling/recycle_pace.h"
#include "supervisor/recycling/recycle_request.h"
#include "supervisor/restart_delay.h"
#include "supervisor/server_process.h"
#include "supervisor/sockets.h"

namespace tusk::supervisor {

// The variable that names the configuration file's text: a descriptor's number.
inline constexpr const char* kFileVariable = "TUSK_CONFIG_FD";
// The variable that tells the generation's number.
inline constexpr const char* kGenerationVariable = "TUSK_GENERATION";
// The variable that is set for a process that replaces another one: clients wait for it.
inline constexpr const char* kReplacementVariable = "TUSK_REPLACEMENT";
// After a drain a server process ends its threads and then itself (app/serving.cc,
// kWorkerStopTimeout).
inline constexpr base::Duration kTimeToEnd = std::chrono::seconds(25);

// A server process as a generation sees it.
struct ProcessState {
  enum class Phase { kStarting, kServing, kDraining };
  pid_t pid = 0;
  Phase phase = Phase::kStarting;
  // Why another one is to take its place. Nothing: none is.
  std::optional<observe::ProcessRecycling> recycling{};
};
std::string_view to_string(ProcessState::Phase phase);

class Generation {
 public:
  struct Listener {
    virtual ~Listener() = default;
    // All processes accept connections, for the first time.
    virtual void on_ready(Generation& generation) = 0;
    // A process has ended before the generation was ready, and is not started again. (A crash of
    // the first generation is tried again instead: there is none to go back to.)
    virtual void on_failed_start(Generation& generation, const Ending& ending) = 0;
    // A process that was told to drain was the last.
    virtual void on_drained(Generation& generation) = 0;
    // Every process has answered apply(), or has ended, or takes too long. `refusals` says why some
    // have not taken the new values; empty: all have.
    virtual void on_applied(Generation& generation, std::vector<std::string> refusals) = 0;
    // The same for renew_php(). `failures` says why a process keeps its PHP host.
    virtual void on_php_renewed(Generation& /*generation*/, std::vector<std::string> /*failures*/) {
    }
    // A process has answered reopen_logs(). Empty: it has opened all its files.
    virtual void on_logs_reopened(std::string_view /*problems*/) {}
    // Whether a process that asks for it may be replaced now.
    virtual bool may_recycle() const { return true; }
  };

  Generation(net::Loop& loop, std::uint64_t number, const ServerProgram& program,
             ProcessTable& processes, Configuration configuration, BoundSockets sockets,
             Listener& listener, crash::CrashReporter& crashes);
  // Goes on with the processes of a generation that another program has started in this process.
  Generation(net::Loop& loop, const HandedGeneration& handed, const ServerProgram& program,
             ProcessTable& processes, Configuration configuration, BoundSockets sockets,
             Listener& listener, crash::CrashReporter& crashes);
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;

  base::Result<void> start();
  // Tells all processes, and those that replace them, that a drain will follow.
  void announce_drain();
  // Tells all processes to drain. Those that have not ended at the configuration's drain_timeout,
  // and some seconds more for ending PHP's threads, are killed. When a generation drains already,
  // DrainCause::kEnds makes it close its idle connections sooner.
  void drain(DrainCause cause);
  void kill_all();
  void send_all(Message message, std::string_view text = {});

  // Tells all processes to open their log files again. Listener::on_logs_reopened() follows for
  // each, when it serves.
  void reopen_logs();
  // Some have not answered yet. One that still starts may have opened the old files before.
  bool is_reopening() const;
  // Those that serve and have not answered yet.
  std::vector<pid_t> reopening() const;

  // The processes take over a configuration that differs only in what changes in place. If one
  // cannot, the generation keeps the configuration that it had. Listener::on_applied() follows.
  void apply(Configuration configuration);
  // The processes start new PHP hosts beside those that serve. Listener::on_php_renewed() follows.
  void renew_php();
  // Starts the successor of a process that wants one, unless another process is being replaced.
  void recycle_next();
  // Gives up a successor that is not ready: there will be a new generation.
  void stop_recycling();

  // False: it is no process of this generation.
  bool take_ending(const Ending& ending);

  // A process of this generation accepts connections, or finishes those that it has.
  bool serves(pid_t pid) const;
  // Hands a client's connection to the internal server of a process that serves.
  void connect(pid_t pid, const base::UniqueFd& client);

  // Without its addresses.
  HandedGeneration describe() const;

  std::uint64_t number() const { return number_; }
  std::vector<ProcessState> processes() const;
  // When it became ready.
  base::MonotonicTime ready_since() const { return ready_since_; }
  // Why its processes cannot start, in their own words.
  const std::vector<std::string>& reasons() const { return reasons_; }
  bool ready() const { return ready_; }
  bool draining() const { return draining_; }
  std::size_t running() const;
  // A process that was told to drain did not end with status 0, or had to be killed.
  bool drain_failed() const { return drain_failed_; }
  const Configuration& configuration() const { return configuration_; }
  const BoundSockets& sockets() const { return sockets_; }
  // The supervisor's copies of the sockets are closed; the processes have their own. Whoever closes
  // the last copy refuses the connections that wait in it, so this comes before drain() when tusk
  // ends: each process accepts what waits before it closes its copy.
  void release_sockets() { sockets_.clear(); }
  // Every process has answered the last kPing, or none was sent.
  bool all_alive() const;

 private:
  struct Place {
    explicit Place(net::Loop& loop) : restart(loop), change(loop) {}

    std::unique_ptr<ServerProcess> process;  // null: between an end and the next start
    std::unique_ptr<ControlChannel> control;
    RestartDelay delay;
    net::Timer restart;
    base::UniqueFd crash;  // the record of the process (base/process/crash_record.h)
    std::optional<std::uint64_t> oom_kills;  // when it was started
    base::MonotonicTime ready_since{};
    bool ready = false;
    bool started_before = false;
    bool awaits_answer = false;
    bool killed = false;   // by the supervisor
    bool applies = false;  // was told to take new values, and has not answered
    bool renews = false;   // was told to renew PHP, and has not answered
    // How often it was told to open its log files again and has not answered. A late answer to
    // one order must not pass for that to the next one.
    unsigned unanswered_reopenings = 0;

    // Recycling. The successor has a Place of its own, whose `replaces` points here. Once it is
    // ready, this process is `retiring`: it drains and ends.
    std::optional<recycling::RecycleRequest> recycle;  // it has asked for it
    base::MonotonicTime recycle_at{};                  // not before
    recycling::RecyclePace pace;
    Place* replaces = nullptr;
    bool retiring = false;
    net::Timer change;  // its pause, its start as a successor, or its drain has taken its time
  };

  base::Result<void> write_file();
  base::Result<void> start_process(Place& place);
  void adopt_process(const HandedProcess& handed);
  void listen_to(Place& place);
  void set_drain_deadline(base::MonotonicTime deadline);
  crash::RunningRequests report_crash(Place& place, const Ending& ending);
  void report_worker_crash(const Received& received);
  static bool was_killed_for_memory(const Place& place, const Ending& ending);
  void on_message(Place& place, const Received& received);
  void replace(Place& place, const Ending& ending, const crash::RunningRequests& cut_off);
  void restart_after(Place& place, base::Duration delay);
  void became_ready(Place& place);
  void note_end(const Place& place, const Ending& ending);

  void take_recycle_request(Place& place, std::string_view text);
  void recycle_after(Place& place, base::Duration delay);
  bool is_settled() const;
  void start_successor(Place& old);
  void give_up_successor(Place& successor);
  void take_over(Place& successor);
  void set_retirement_deadline(Place& place);
  bool take_ending_of_change(Place& place, const Ending& ending,
                             const crash::RunningRequests& cut_off);
  void take_ending_of_retired(Place& place, const Ending& ending,
                              const crash::RunningRequests& cut_off);
  void remove(const Place& place);
  void take_answer(Place& place, const Received& received);
  void end_apply_if_all_have_answered();
  void take_renewal(Place& place, const Received& received);
  void end_renewal_if_all_have_answered();

  net::Loop& loop_;
  const std::uint64_t number_;
  const ServerProgram& program_;
  ProcessTable& processes_;
  Configuration configuration_;
  // While processes take new values: what they have otherwise.
  std::optional<Configuration> configuration_before_;
  std::vector<std::string> refusals_;
  net::Timer apply_timer_;
  bool renewing_ = false;
  std::vector<std::string> renewal_failures_;
  net::Timer renewal_timer_;
  BoundSockets sockets_;
  base::UniqueFd file_;  // the configuration file's text; not open when there is no file
  Listener& listener_;
  crash::CrashReporter& crashes_;
  std::vector<std::unique_ptr<Place>> places_;
  net::Timer drain_timer_;
  base::MonotonicTime drain_deadline_{};
  std::vector<std::string> reasons_;
  base::MonotonicTime ready_since_{};
  bool ready_ = false;
  bool drain_announced_ = false;
  bool draining_ = false;
  bool drain_failed_ = false;
};

}  // namespace tusk::supervisor
