// WorkerCpu: the CPU time of a worker process's requests, as it writes it into its region, and what
// of it the server has counted.
//
// Owner: a RemoteWorker. Thread: any, one at a time.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "observe/scoreboard/metrics_shard.h"
#include "observe/scoreboard/shard_histogram.h"

namespace tusk::exec::process {

// A request costs no system call (exec/observation/cpu_meter.h), so its time is not known when its
// response is: the worker adds it to a histogram some microseconds later.
class WorkerCpu {
 public:
  // Adds to the shard what is new. Nothing that is impossible: more requests than the worker was
  // given, or more time than has passed since its start.
  void count(const observe::ShardHistogram& written, std::uint64_t most_requests,
             base::Duration most_time, observe::MetricsShard& metrics);

 private:
  observe::ShardHistogram::Values counted_;
};

}  // namespace tusk::exec::process
