#include "observe/writers.h"

#include <atomic>
#include <cerrno>
#include <utility>

#include <unistd.h>

#include "observe/log_file.h"

namespace tusk::observe {
namespace {

// Null: no file. A writer that was in use before goes on to exist, for threads that hold it.
std::atomic<LineWriter*> log_file_writer{nullptr};
std::atomic<LineWriter*> access_file_writer{nullptr};

// Main's.
bool started = false;
std::function<void(std::uint64_t)>& loss_listener() {
  static auto& listener = *new std::function<void(std::uint64_t)>;
  return listener;
}

// In plain text: what is wrong with the log must not depend on the log.
void tell_on_stderr(const std::string& what) {
  stderr_writer().append("tusk: " + what + "\n", LineWriter::Urgency::kUrgent);
}

base::Result<void> set_file(std::atomic<LineWriter*>& current, const std::string& path,
                            LineWriter* same_path) {
  LineWriter* const before = current.load(std::memory_order_relaxed);
  if (before != nullptr && before->path() == path) return {};
  LineWriter* writer = nullptr;
  if (same_path != nullptr && same_path->path() == path) {
    writer = same_path;
  } else if (!path.empty()) {
    base::UniqueFd file = open_log_file(path);
    if (!file) return base::fail_errno("cannot open the log file " + path, errno);
    writer = new LineWriter(std::move(file), path, tell_on_stderr);
    if (started) writer->start(loss_listener());
  }
  current.store(writer, std::memory_order_release);
  return {};
}

}  // namespace

LineWriter& stderr_writer() {
  static LineWriter& writer = *new LineWriter(STDERR_FILENO);
  return writer;
}

LineWriter& log_writer() {
  LineWriter* const file = log_file_writer.load(std::memory_order_acquire);
  return file != nullptr ? *file : stderr_writer();
}

LineWriter& access_writer() {
  LineWriter* const file = access_file_writer.load(std::memory_order_acquire);
  return file != nullptr ? *file : log_writer();
}

base::Result<void> set_log_file(const std::string& path) {
  return set_file(log_file_writer, path, access_file_writer.load(std::memory_order_relaxed));
}

base::Result<void> set_access_file(const std::string& path) {
  return set_file(access_file_writer, path, log_file_writer.load(std::memory_order_relaxed));
}

void start_writers(std::function<void(std::uint64_t)> on_loss) {
  loss_listener() = std::move(on_loss);
  started = true;
  for_each_writer([](LineWriter& writer) { writer.start(loss_listener()); });
}

}  // namespace tusk::observe
