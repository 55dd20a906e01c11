// CrashedWorker: what a server process knows of a worker process that has crashed.
//
// Owner: whoever reports it. Thread: any; a value.
#pragma once

#include <memory>
#include <string>

#include <sys/types.h>

#include "base/process/crash_record.h"
#include "base/process/identity.h"

namespace tusk::base::process {

struct CrashedWorker {
  pid_t pid = 0;
  int status = 0;  // as waitpid() gives it
  int number = -1;
  std::string pool{};        // empty: the only one
  std::string request_id{};  // of the request that it ran; empty: none
  UserAndGroup user{};       // that it was of; empty: the server's
  // What the worker has written, well-formed. Its request is what the server had given it.
  std::unique_ptr<CrashRecord> record{};
};

}  // namespace tusk::base::process
