// RegionSource: where a worker process gets its requests, one after the other: the slots of its
// region.
//
// Owner: the worker process's main. Thread: its only one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "exec/exchange.h"
#include "exec/executor.h"
#include "exec/observation/cpu_meter.h"
#include "exec/pool/worker_stack.h"
#include "exec/process/doorbells.h"
#include "exec/process/figures/host_board.h"
#include "exec/process/job_encoding.h"
#include "exec/process/region.h"
#include "exec/reply.h"
#include "exec/reply_encoding.h"
#include "host/reply_outlet.h"
#include "host/root_directory.h"
#include "http/body.h"
#include "http/coding/policy.h"
#include "observe/scoreboard/metrics_shard.h"

namespace tusk::host {

class RegionSource {
 public:
  struct Parts {
    int worker;
    const exec::process::Region& region;
    exec::process::DoorbellRinger& doorbells;
    const exec::process::HostBoard& board;
    exec::Engine& engine;  // whose OPcache the board shows
    const SlotSockets& sockets;
    const exec::ReplyLimits& limits;
    const http::coding::Policy& compression;
    const RootDirectory* root = nullptr;  // whose names requests get; null: those of the server
    bool is_rewound = false;              // after each request the process's memory is put back
  };

  // Why next() returned no request.
  enum class End : std::uint8_t {
    kAsked,    // the worker is to end
    kRestart,  // its resident script is to boot anew
  };

  explicit RegionSource(const Parts& parts);
  RegionSource(const RegionSource&) = delete;
  RegionSource& operator=(const RegionSource&) = delete;

  // The stack on which finish() is called, or deeper: what a request has touched of it is given
  // back from now on. Not for a rewound process, whose memory is put back anyway.
  void locate_stack() noexcept { stack_.locate(); }
  // Tells the server whether the worker takes requests.
  void serves(bool ready);
  // Tells it how full the cache is. Before serves() and finish(), which ring for the server.
  void show(const exec::PathCacheUse& use);

  // Waits for the next request, without a time-out, and starts it. Requests that were cancelled
  // while they waited are ended here and not returned.
  bool next();
  End end() const { return end_; }

  // The current request. Valid from next() to finish().
  exec::Exchange& exchange() { return exchange_; }
  const exec::Job& job() const { return exchange_.job; }
  exec::Reply& reply() { return *reply_; }

  // Shows how full OPcache is, completes and sends the response, and gives the slot back.
  void finish();

 private:
  std::optional<std::size_t> take();
  std::optional<std::size_t> first_ready() const;
  bool is_asked(exec::process::Order order) const;
  bool obey(exec::process::Order order);
  bool has_orders() const;
  void see_log_level();
  bool start(std::size_t slot);
  void count_cpu(base::Duration took);
  bool read_request(std::size_t slot);
  bool read_body(std::size_t slot, const exec::process::DecodedBody& body);
  void tell_of_lost_lines();

  const Parts parts_;
  http::BodyUsage body_usage_;
  http::BodySpool body_spool_;
  exec::UnsentUsage unsent_usage_;
  exec::ReplyLimits limits_;
  observe::MetricsShard metrics_{};  // nobody reads it
  exec::ReplyEncoding encoding_;
  ReplyOutlet outlet_;
  exec::Exchange exchange_;
  std::optional<exec::Reply> reply_;
  std::uint64_t lost_lines_told_;  // with those that the host lost before the fork
  exec::observation::CpuMeter cpu_;
  exec::pool::WorkerStack stack_;
  std::uint32_t log_level_ = 0;  // as the region says
  End end_ = End::kAsked;
};

}  // namespace tusk::host
