// WorkerName: how the log names a worker.
//
// Thread: any; a value that borrows its text.
#pragma once

#include <string_view>

#include "observe/log.h"

namespace tusk::exec::pool {

// The pool is empty if there is only one: then lines do not name it.
struct WorkerName {
  int number = 0;
  std::string_view pool;
};

// A field of a log line that is left out where there is only one pool.
inline observe::Field pool_field(std::string_view pool) {
  return {pool.empty() ? std::string_view() : std::string_view("pool"), pool};
}

}  // namespace tusk::exec::pool
