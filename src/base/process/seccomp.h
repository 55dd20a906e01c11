// Seccomp: which system calls a process may make. The option worker_seccomp chooses one.
//
// Thread: any; a value.
#pragma once

#include <cstdint>

namespace tusk::base::process {

enum class Seccomp : std::uint8_t {
  kOff,      // all
  kDefault,  // those that PHP and applications may need
  kNoExec,   // the same without those that execute programs
};

}  // namespace tusk::base::process
