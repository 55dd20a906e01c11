// WorkerMemory: the memory and the state of a worker process, as the kernel shows them.
//
// Owner: a RemoteProbe. Thread: any, one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <sys/types.h>

#include "base/unique_fd.h"
#include "exec/observation/frame_walk.h"

namespace tusk::exec::process {

// The file that a process executes.
struct ProgramFile {
  dev_t device = 0;
  ino_t number = 0;

  // Zeros: there is none.
  static ProgramFile of(const std::string& path) noexcept;
  bool operator==(const ProgramFile&) const = default;
};

// /proc/PID/mem stays the process's own when its number has become another one's, which that of
// process_vm_readv() does not. The kernel allows it for processes of the same user, and Yama for
// descendants.
class WorkerMemory final : public observation::FrameMemory {
 public:
  // A walk through frames reads less than this often; a worker may have linked its frames anyhow.
  static constexpr int kMostReads = 2000;

  // The directory of the process in /proc. An invalid one: it has ended.
  static base::UniqueFd open_directory(pid_t process) noexcept;

  // Logs, once in the life of this process, if it is forbidden. The memory of another program is
  // not opened: a script may have executed one with the rights of another user, and a server that
  // is root would write into it for the script.
  WorkerMemory(int directory, const ProgramFile& program) noexcept;

  bool is_open() const { return static_cast<bool>(file_); }
  // Before a walk.
  void begin() { reads_ = 0; }
  bool read(std::uint64_t from, void* into, std::size_t size) noexcept override;
  bool write(std::uint64_t to, const void* from, std::size_t size) const noexcept;

 private:
  base::UniqueFd file_;
  int reads_ = 0;
};

}  // namespace tusk::exec::process
