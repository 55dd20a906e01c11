// Observer: what `tusk top` knows of a running tusk, asked again and again through one connection.
//
// When the server process that it is connected to has ended or hangs, it takes another one.
//
// Owner: the command. Thread: main. It waits for answers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/result.h"
#include "console/internal_server.h"
#include "console/terminal_text.h"
#include "console/top/metrics_sample.h"
#include "console/workers_view.h"

namespace tusk::console::top {

class Observer {
 public:
  explicit Observer(std::string control_socket) : control_socket_(std::move(control_socket)) {}

  enum class Outcome {
    kDone,
    kNoAnswer,  // no server process answers now; problem() says why
    kEnded,     // tusk does not run
  };
  Outcome refresh();
  const std::string& problem() const { return problem_; }

  const Overview& overview() const { return overview_; }
  const std::vector<ProcessLine>& processes() const { return processes_; }
  // Safe for the terminal. Asks the process of the worker.
  std::vector<std::string> backtrace(pid_t pid, std::int64_t worker, Charset charset) const;

 private:
  bool connect();
  bool ask();

  std::string control_socket_;
  std::optional<InternalServer> server_;
  pid_t avoided_ = 0;  // it has not answered
  std::optional<MetricsSample> before_;
  Overview overview_{};
  std::vector<ProcessLine> processes_;
  std::string problem_;
};

}  // namespace tusk::console::top
