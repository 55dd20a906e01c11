// Generation: the server processes that run with one configuration. A reload starts a new one.
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

// How a process has ended.
struct Ending {
  pid_t pid = 0;
  int status = 0;        // as wait4() gives it
  base::Duration cpu{};  // of the process and its children

  bool by_signal() const;
  int signal() const;       // when by_signal()
  int exit_status() const;  // when not
};

// A server process as a generation sees it.
struct ProcessState {
  enum class Phase { kStarting, kServing, kDraining };
  pid_t pid = 0;
  Phase phase = Phase::kStarting;
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
    explicit Place(net::Loop& loop) : restart(loop) {}

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
    bool killed = false;  // by kill_all()
  };

  base::Result<void> write_file();
  base::Result<void> start_process(Place& place);
  void adopt_process(const HandedProcess& handed);
  void listen_to(Place& place);
  void set_drain_deadline(base::MonotonicTime deadline);
  crash::RunningRequests report_crash(Place& place, const Ending& ending);
  void log_cut_off(const Ending& ending, const crash::RunningRequests& cut_off) const;
  static bool was_killed_for_memory(const Place& place, const Ending& ending);
  void on_message(Place& place, const Received& received);
  void replace(Place& place, const Ending& ending, const crash::RunningRequests& cut_off);
  void restart_after(Place& place, base::Duration delay);
  void became_ready(Place& place);
  void note_end(const Place& place, const Ending& ending);

  net::Loop& loop_;
  const std::uint64_t number_;
  const ServerProgram& program_;
  ProcessTable& processes_;
  const Configuration configuration_;
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
