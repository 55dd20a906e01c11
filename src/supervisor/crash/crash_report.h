// CrashReport: one crash of a server process, or of a worker process, as text for the log and for a
// file.
//
// Owner: the CrashReporter. Thread: the supervisor's only one, or its child's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/process/crash_record.h"
#include "base/process/identity.h"
#include "supervisor/crash/running_requests.h"

namespace tusk::supervisor::crash {

// A worker process, as its server process knows it.
struct WorkerName {
  int number = -1;
  std::string pool;        // empty: the only one
  std::string request_id;  // of the request that it ran; empty: none
};

struct CrashReport {
  std::unique_ptr<base::process::CrashRecord> record;
  pid_t pid = 0;
  std::uint64_t generation = 0;
  int status = 0;                    // as waitpid() gives it
  std::string directory;             // for files; empty: none is written
  base::process::UserAndGroup user;  // that the process was of: it has named the files of code
  std::vector<std::string> names;    // of the native frames' functions; empty texts: unknown
  std::string file;                  // that was written
  std::string why_no_file;           // if that is known before
  RunningRequests running;           // what its workers did
  std::optional<WorkerName> worker;  // nothing: a server process
};

// "SEGV_MAPERR", "SI_USER"; a number where there is no name.
std::string code_name(int signal, int code);

// "libphp.so+0x1c8b20 (zend_hash_find+0x12)"
std::string native_frame_text(const CrashReport& report, std::size_t frame);

// "strlen() measure() /srv/a.php:12 {main} /srv/index.php:3"
std::string php_text(const base::process::CrashRecord& record);

// One error in the log.
void log_crash(const CrashReport& report);

// Everything, for people.
std::string full_text(const CrashReport& report);

}  // namespace tusk::supervisor::crash
