// Engine and Executor: the seam between the server and whatever runs scripts.
//
// Owner: app::Serving owns the Engine, a worker its Executor. Thread: an Executor's is its
// worker's, except watch() and watch_lost(), which are the watchdog's, and probe() and
// is_event_stream(), which are any thread's; make_executor() the worker's; code_cache() main;
// loops_must_end() any.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "exec/job.h"
#include "exec/observation/script_probe.h"
#include "exec/reply.h"
#include "observe/scoreboard/opcache_use.h"

namespace tusk::exec {

// The state of an executor after a request, whatever the script did.
enum class ExecutorHealth {
  kHealthy,
  kBroken,  // must not run another request: the worker makes a new executor
};

// The watchdog's finding about a running request.
enum class WatchResult {
  kFine,     // within its time, or told to end and given time to do so
  kLost,     // past its time and does not react: the worker is to be replaced
  kCrashed,  // the worker's thread has stopped for ever
};

// PHP's cache of paths of the executor's thread (realpath_cache_size()).
struct PathCacheUse {
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;
  std::uint64_t max_bytes = 0;
};

// A page that a resident script answers before it serves.
struct WarmUpPage {
  std::string target;  // path and query
  std::string host;    // with the port, if it is not that of the scheme
  bool https = false;
};

// What a resident script keeps from one request to the next.
enum class ScriptMode : std::uint8_t {
  kResident,  // all that it does not put back itself
  kRewind,    // nothing: after each request its worker process is as at the end of the boot
};

// How the scripts of a pool run.
struct PoolScripts {
  std::string pool = "default";  // its name
  std::uint16_t index = 0;       // its place in the list of pools: the Job::pool of its requests
  std::string resident_script;   // absolute path; empty: every request runs its own script
  ScriptMode mode = ScriptMode::kResident;
  std::string document_root;  // absolute; the root that a resident script sees when it boots
  // Variables that getenv(), $_SERVER and $_ENV have besides those of the process.
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::pair<std::string, std::string>> directives;  // of php.ini
  base::Duration request_limit{};                               // of a script's time; 0: none
  base::Duration cpu_limit{};                                   // of its CPU time; 0: none
  std::vector<WarmUpPage> warm_up;  // the resident script has booted when it has answered them
};

// The requests of a worker, for an executor that takes them itself, because its script stays
// resident. Thread: the worker's.
class RequestFeed {
 public:
  // The script begins. Until end_script(), other threads see `boot` as the worker's request while
  // the script runs without one, and the watchdog watches it.
  virtual void begin_script(Exchange& boot) = 0;
  // The boot before this one has failed: the log has its errors.
  virtual bool boots_again() const = 0;
  // The script has asked for its first request: the worker serves.
  virtual void booted() = 0;
  // It has ended without asking for one, for this reason.
  virtual void fail_boot(std::string_view error) = 0;
  virtual void end_script() = 0;

  // Waits for a request and starts it. False: there is none for this script any more, and the
  // script is to end.
  virtual bool next() = 0;
  // The request, from next() to finish().
  virtual const Job& job() const = 0;
  virtual Reply& reply() = 0;
  // Completes and sends the response. Its Job and Reply are gone afterwards. With
  // ScriptMode::kRewind it does not return: the script is in next() again.
  virtual void finish() = 0;

 protected:
  ~RequestFeed() = default;
};

// Why a resident script has ended.
enum class ScriptEnd : std::uint8_t {
  kAsked,       // RequestFeed::next() has returned false
  kAfterWork,   // it ended of its own accord, or by an error, after it had served a request
  kBootFailed,  // it ended before it asked for a request
  kBroken,      // and its executor must not run another
};

// Runs the requests of one worker. The worker's thread makes, uses and destroys it.
//
// The boundary is one of messages: a Job comes in and a Reply goes out, and neither leads to an
// object of the server.
class Executor {
 public:
  virtual ~Executor() = default;
  // Runs one request. `reply` must have a head when this returns; the caller finishes it.
  virtual ExecutorHealth run(const Job& job, Reply& reply) noexcept = 0;

  // Runs the pool's resident script once, which takes requests from `feed`. The worker calls it
  // again and again, in place of run().
  virtual ScriptEnd serve(RequestFeed& /*feed*/) noexcept { return ScriptEnd::kBootFailed; }

  // Looks at the use of this cache. The worker's thread, after each request: after run(), and
  // inside serve() when the boot or a request has ended.
  virtual PathCacheUse path_cache() noexcept { return {}; }

  // Called by the watchdog's thread every WorkerPool::kWatchTick while run() works on `exchange`.
  // This is the place to end a script that takes too long. Must not block.
  virtual WatchResult watch(const Exchange& /*exchange*/, base::MonotonicTime /*now*/) noexcept {
    return WatchResult::kFine;
  }

  // Ends the script of `exchange`, which no client waits for, as if its time had passed. To be
  // called again and again, as watch() is. Must not block.
  virtual void break_off(const Exchange& /*exchange*/, base::MonotonicTime /*now*/) noexcept {}

  // Called instead of watch() once the worker is lost and has not come back. True: its thread has
  // stopped for ever and will not come back.
  virtual bool watch_lost() noexcept { return false; }

  // For other threads to look at the running script, inside RequestSource::visit(). Null: there is
  // nothing to see.
  virtual observation::ScriptProbe* probe() noexcept { return nullptr; }
  // Bytes that the allocator of scripts keeps between requests. The worker's thread, after run().
  virtual std::uint64_t retained_bytes() const noexcept { return 0; }
  // The running script's response is an event stream. Any thread.
  virtual bool is_event_stream() const noexcept { return false; }
};

// Makes one Executor for each worker, on that worker's thread. There is one Engine in a process.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string_view name() const = 0;    // the value of the option: "ext", "stub"
  virtual std::string description() const = 0;  // for the start-up line: "PHP 8.4.1, OPcache on"
  virtual std::string version() const = 0;      // of PHP; empty without PHP
  // Files and directories that it has read at its start and does not read again.
  virtual std::vector<std::string> start_files() const { return {}; }
  // Its executors need watch() to be called.
  virtual bool wants_watching() const { return false; }
  virtual observe::OpcacheState code_cache() { return {}; }
  // Resident scripts must end as soon as they have no request: something waits for them.
  virtual bool loops_must_end() const { return false; }
  // Called on the worker's thread.
  virtual base::Result<std::unique_ptr<Executor>> make_executor(int worker,
                                                                const PoolScripts& scripts) = 0;
};

}  // namespace tusk::exec
