#include "exec/process/figures/worker_cpu.h"

namespace tusk::exec::process {

void WorkerCpu::count(const observe::ShardHistogram& written, std::uint64_t most_requests,
                      base::Duration most_time, observe::MetricsShard& metrics) {
  using Values = observe::ShardHistogram::Values;
  const Values now = written.read();
  if (now.sum < counted_.sum || now.sum > static_cast<std::uint64_t>(most_time.count())) return;
  Values added{.sum = now.sum - counted_.sum};
  std::uint64_t left = most_requests;
  for (std::size_t i = 0; i < now.counts.size(); ++i) {
    if (now.counts[i] < counted_.counts[i] || now.counts[i] > left) return;
    left -= now.counts[i];
    added.counts[i] = now.counts[i] - counted_.counts[i];
  }
  metrics.php_used_cpu(added);
  counted_ = now;
}

}  // namespace tusk::exec::process
