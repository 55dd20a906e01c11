#include "console/workers_view.h"

#include <utility>

#include "console/json_reader.h"

namespace tusk::console {

namespace {

// A double may be any number: a conversion that does not fit is not defined.
std::int64_t whole_number_of(const Json& object, const char* name) {
  const Json& value = value_of(object, name);
  return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

WorkerLine worker_line(const Json& worker, std::int64_t pid) {
  const bool runs = value_of(worker, "request").is_object();
  const bool boots = value_of(worker, "boot").is_object();
  // What a boot has not stays empty.
  const Json& request = value_of(worker, runs ? "request" : boots ? "boot" : "last_request");
  const std::int64_t worker_pid = whole_number_of(worker, "pid");
  WorkerLine line{.pid = pid,
                  .worker_pid = worker_pid > 0 ? worker_pid : pid,
                  .worker = whole_number_of(worker, "worker"),
                  .pool = string_of(worker, "pool"),
                  .state = text_of(worker, "state"),
                  .runs = runs,
                  .boots = boots,
                  .seconds = number_of(request, "seconds"),
                  .requests = number_of(worker, "requests"),
                  .memory_bytes = number_of(worker, "last_memory_bytes"),
                  .request_id = string_of(request, "id"),
                  .method = string_of(request, "method"),
                  .host = string_of(request, "host"),
                  .path = string_of(request, "path"),
                  .client = string_of(request, "client"),
                  .script = string_of(request, "script"),
                  .last_fatal_error = string_of(worker, "last_fatal_error"),
                  .backtrace = {}};
  for (const Json& frame : list_of(worker, "backtrace")) {
    if (frame.is_string()) line.backtrace.push_back(frame.get<std::string>());
  }
  return line;
}

}  // namespace

std::vector<ProcessLine> read_workers(std::string_view json) {
  std::vector<ProcessLine> processes;
  const Json all = Json::parse(json, nullptr, false);
  for (const Json& process : list_of(all, "processes")) {
    ProcessLine line{.pid = whole_number_of(process, "pid"),
                     .generation = whole_number_of(process, "generation"),
                     .phase = text_of(process, "phase"),
                     .uptime_seconds = number_of(process, "uptime_seconds"),
                     .workers = {}};
    for (const Json& loop : list_of(process, "loops")) {
      line.connections += number_of(loop, "connections");
    }
    for (const Json& worker : list_of(process, "workers")) {
      line.workers.push_back(worker_line(worker, line.pid));
    }
    processes.push_back(std::move(line));
  }
  return processes;
}

}  // namespace tusk::console
