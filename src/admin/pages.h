// The internal server's pages: the dashboard, /health, /ready, /metrics, /workers, /backtraces,
// /profile and others, and an index of them.
//
// Pure functions of their arguments. Thread: any.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exec/observation/profiler.h"
#include "exec/observation/worker_backtraces.h"
#include "observe/metrics.h"
#include "observe/scoreboard/process_view.h"
#include "observe/scoreboard/recent_events.h"

namespace tusk::admin {

struct PoolState {
  std::string name;
  std::size_t workers_ready = 0;  // idle or busy: able to run a script
  std::size_t workers_total = 0;  // that it has at least, when all is well
  std::size_t workers_lost = 0;
  std::size_t requests_waiting = 0;
  std::chrono::seconds stalled_for{};  // how long no worker has taken one; zero: not stalled
  bool up = true;                      // workers are ready, or none has been for a moment only
  bool down = false;                   // its resident script does not boot
  bool cannot_start = false;           // it has no worker, and the last attempt to start one failed
};

struct AdminState {
  bool accepting = false;        // the listeners are open
  bool draining = false;         // the server is stopping; it may still accept (drain_delay)
  bool has_successor = false;    // only this process ends: another one accepts already
  std::vector<PoolState> pools;  // at least one
  std::uint64_t generation = 1;  // of the server process: how often tusk was reloaded, plus one
  std::chrono::system_clock::time_point now;
  std::string_view configuration;  // JSON, without secrets
  std::string_view version{};      // of tusk
  // The open connections of all processes. Must be set for /health.
  std::function<std::uint64_t()> active_connections{};
  // What all processes have counted; may be called by any thread but the loop, because it may wait
  // a little. Must be set for /metrics, / and /status.
  std::function<observe::Snapshot()> snapshot{};
  // Takes the backtraces of all running scripts. May wait: not for the loop.
  std::function<std::vector<exec::observation::WorkerBacktrace>()> backtraces{};
  // Must be set for /profile, and live longer than its requests.
  exec::observation::Profiler* profiler = nullptr;
  // Returns what all server processes do; may be called by any thread. A broken process can make it
  // long, so it is not for the loop. Must be set for /workers.
  std::function<std::vector<observe::ProcessView>()> processes{};
  const observe::RecentEvents* events = nullptr;  // must be set for /, /status and /events
};

// The form that the client wants of a page that has several.
struct PageOptions {
  bool json = false;
  bool backtraces = false;
  bool plain_text = false;  // the list of pages in place of the dashboard
  std::uint64_t events_after = 0;
  std::string_view query{};  // all of it, as it was sent
};
// By `?format=json`, `?backtrace=1`, `?after=N`, and the value of an Accept field.
PageOptions page_options(std::string_view query, std::string_view accept);

// A response; for HEAD the caller sends the length of `body` and not the body itself.
struct Page {
  int status = 200;
  std::string_view content_type;
  std::string_view allow;  // not empty: the value of an Allow field (405)
  std::string body;
  // Not empty: makes the body in place of `body`, on another thread than the loop.
  std::function<std::string()> later;
  // Not empty: makes the body in place of both, on a thread of its own, as site::LaterBody says.
  using Done = std::move_only_function<void(std::string body)>;
  std::function<bool(Done)> begin{};
  std::function<void()> end_early{};
  std::string_view policy{};  // not empty: its Content-Security-Policy, in place of the usual one
  std::string file_name{};    // not empty: browsers save it under this name
  // Not null: the status in place of `status`, to be set before the body is done.
  std::shared_ptr<int> chosen_status{};
  std::uint64_t retry_after_seconds = 0;  // not 0: the value of a Retry-After field
};

// `path` is decoded and without its query. The methods are GET and HEAD. The caller must add
// `Cache-Control: no-store` to each response.
//   /         the dashboard; for clients that want plain text, a list of the pages
//   /status   what the dashboard shows, as JSON
//   /events   recent errors, slow requests, crashes and reloads
//   /health   200 while the process answers: its version, generation and open connections
//   /ready    200 when it accepts requests and workers run them, otherwise 503 with the reason
//   /metrics  metrics in the Prometheus text format
//   /workers, /threads  what each worker of each server process does
//   /backtraces  the PHP backtraces of all running scripts
//   /profile  what the scripts spend their time in, measured for some seconds
//   /config   the configuration in effect, as `tusk config --json`
Page render(std::string_view method, std::string_view path, const AdminState& state,
            const PageOptions& options = {});

// Whether a path is answered without the token that internal_token_file names: probes of
// orchestrators and load balancers cannot always send one.
bool is_open(std::string_view path);

// The response to a request that lacks the token. The caller must add WWW-Authenticate.
Page unauthorized();
// The response to a request that a web page of another site may have caused (browser_guard.h).
Page refused_to_browser();

}  // namespace tusk::admin
