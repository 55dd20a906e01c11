// RewindFeed: the requests of a script whose process goes back to the end of its boot after each.
//
// Owner: the Host. Thread: its process's only one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "exec/executor.h"
#include "host/boot_channels.h"
#include "host/boot_files.h"
#include "host/boot_watch.h"
#include "host/worker_process.h"
#include "php/rewind/range.h"
#include "php/rewind/snapshot.h"
#include "php/rewind/template.h"

namespace tusk::host {

// The script boots once, in the host. When it asks for its first request, the host forks workers
// inside that call. So each worker is the script, waiting for its first request. It takes one, the
// script answers, and then the worker's memory is put back to what it was in that call, which
// returns again with the next request (php/rewind/). Nothing of a request is left for the next one.
class RewindFeed final : public exec::RequestFeed {
 public:
  // Forks workers when the server asks for them. Returns in each worker with what it needs, and in
  // the host, when it is to end, with nothing.
  using AwaitFork = std::function<std::optional<WorkerParts>()>;

  RewindFeed(const HostSettings& settings, BootWatch& watch, AwaitFork await_fork);
  RewindFeed(const RewindFeed&) = delete;
  RewindFeed& operator=(const RewindFeed&) = delete;

  void begin_script(exec::Exchange& boot) override;
  bool boots_again() const override { return false; }
  void booted() override {}
  void fail_boot(std::string_view error) override { boot_error_ = error; }
  void end_script() override;

  bool next() override;
  const exec::Job& job() const override { return worker_->source().job(); }
  exec::Reply& reply() override { return worker_->source().reply(); }
  // Does not return in a worker.
  void finish() override;

  // Why the script has not booted. Empty: it has.
  const std::string& boot_error() const { return boot_error_; }

 private:
  void begin_without_request();
  bool refuse(std::string why);
  void become_worker(WorkerParts parts);
  void look_at_last_request();
  void end_for(std::string_view reason);
  [[noreturn]] void end_worker(exec::process::WorkerExit exit);

  const HostSettings& settings_;
  BootWatch& watch_;
  const AwaitFork await_fork_;
  exec::Exchange* boot_ = nullptr;
  std::string boot_error_;
  std::unique_ptr<JoinedWorker> worker_;  // null: this is the host

  std::set<int> descriptors_;  // open before the script began
  BootFiles files_;
  BootChannels channels_;
  std::vector<php::rewind::Range> left_;
  std::optional<php::rewind::Template> template_;
  php::rewind::Snapshot* snapshot_ = nullptr;  // in a worker
};

}  // namespace tusk::host
