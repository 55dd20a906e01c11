// The workers of all server processes, as /workers?format=json answers, in plain structs.
//
// Thread: any; pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tusk::console {

// Its texts come from clients and scripts: they are not safe for a terminal.
struct WorkerLine {
  std::int64_t pid = 0;         // of the server process
  std::int64_t worker_pid = 0;  // of the worker itself: the same if it is a thread
  std::int64_t worker = 0;
  std::string pool{};  // empty: a process of a version without pools
  std::string state;
  bool runs = false;        // the request is one that runs, and not the last one
  bool boots = false;       // its resident script boots: there is no request
  double seconds = 0;       // that it runs or boots
  double requests = 0;      // of clients, that the worker has begun
  double memory_bytes = 0;  // the peak of the last request that has ended
  std::string request_id;
  std::string method;
  std::string host;
  std::string path;
  std::string client;
  std::string script;
  std::string last_fatal_error;
  std::vector<std::string> backtrace;
};

struct ProcessLine {
  std::int64_t pid = 0;
  std::int64_t generation = 0;
  std::string phase;
  double uptime_seconds = 0;
  double connections = 0;
  std::vector<WorkerLine> workers;
};

// Leaves out what is not as it should be.
std::vector<ProcessLine> read_workers(std::string_view json);

}  // namespace tusk::console
