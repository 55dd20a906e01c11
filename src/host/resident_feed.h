// ResidentFeed: the requests of a worker process for the resident script of its pool.
//
// Owner: the worker process's main. Thread: its only one.
#pragma once

#include <string>

#include "exec/executor.h"
#include "host/region_source.h"

namespace tusk::host {

class ResidentFeed final : public exec::RequestFeed {
 public:
  // `boots_again`: the last worker of this number has failed to boot.
  ResidentFeed(RegionSource& source, exec::Executor& executor, int worker, bool boots_again)
      : source_(source), executor_(executor), worker_(worker), boots_again_(boots_again) {}

  void begin_script(exec::Exchange& boot) override;
  bool boots_again() const override { return boots_again_; }
  void booted() override;
  void fail_boot(std::string_view error) override { boot_error_ = error; }
  void end_script() override;

  bool next() override;
  const exec::Job& job() const override { return source_.job(); }
  exec::Reply& reply() override { return source_.reply(); }
  void finish() override;

  // Why the script has not booted.
  const std::string& boot_error() const { return boot_error_; }

 private:
  void begin_without_request();

  RegionSource& source_;
  exec::Executor& executor_;
  const int worker_;
  bool boots_again_;
  exec::Exchange* boot_ = nullptr;  // of the script that runs
  std::string boot_error_;
};

}  // namespace tusk::host
