#include "observe/writers.h"

#include <atomic>

#include <unistd.h>

namespace tusk::observe {
namespace {

std::atomic<LineWriter*> separate{nullptr};
int separate_fd = -1;  // main's

}  // namespace

LineWriter& stderr_writer() {
  static LineWriter& writer = *new LineWriter(STDERR_FILENO);
  return writer;
}

void set_access_fd(int fd) {
  if (fd == STDERR_FILENO) {
    // A writer that was in use before goes on to exist, for threads that hold it.
    separate.store(nullptr, std::memory_order_release);
    separate_fd = -1;
  } else if (fd != separate_fd) {
    auto* writer = new LineWriter(fd);
    writer->start();
    separate.store(writer, std::memory_order_release);
    separate_fd = fd;
  }
}

LineWriter& access_writer() {
  LineWriter* writer = separate_access_writer();
  return writer != nullptr ? *writer : stderr_writer();
}

LineWriter* separate_access_writer() { return separate.load(std::memory_order_acquire); }

}  // namespace tusk::observe
