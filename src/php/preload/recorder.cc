#include "php/preload/recorder.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "observe/log.h"
#include "php/preload/list/list_file.h"
#include "php/process/fork.h"
#include "php/request_context.h"
#include "php/zend.h"

namespace tusk::php::preload {

namespace {

constexpr base::Duration kBetweenSamples = std::chrono::seconds(1);
constexpr base::Duration kFirstWrite = std::chrono::seconds(1);
constexpr base::Duration kLongestPause = std::chrono::minutes(1);

class Record {
 public:
  Record(std::string list_file, std::string base)
      : list_file_(std::move(list_file)), base_(std::move(base)) {}

  // True for one caller after each pause.
  bool is_due(base::MonotonicTime now) noexcept {
    std::int64_t due = due_.load(std::memory_order_relaxed);
    const std::int64_t time = now.time_since_epoch().count();
    return time >= due && due_.compare_exchange_strong(due, time + kBetweenSamples.count(),
                                                       std::memory_order_relaxed);
  }

  void add(const std::vector<std::string_view>& files, std::string_view script,
           base::MonotonicTime now) {
    const base::MutexLock lock(mutex_);
    ++sample_.requests;
    for (std::size_t i = 0; i < files.size(); ++i) {
      Sample::Use& use = sample_.files[std::string(files[i])];
      ++use.hits;
      // PHP notes the request's own script first; its path has no links any more.
      if (files[i] == script || (i == 0 && name_of(files[i]) == name_of(script)))
        use.is_entry = true;
    }
    if (write_at_ == base::MonotonicTime{}) write_at_ = now + pause_;
    if (now >= write_at_) wants_write_.store(true, std::memory_order_relaxed);
  }

  void write_if_due() {
    if (!wants_write_.load(std::memory_order_relaxed)) return;
    const base::MutexLock lock(mutex_);
    if (wants_write_.exchange(false, std::memory_order_relaxed)) write(base::now());
  }

 private:
  static std::string_view name_of(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
  }

  void write(base::MonotonicTime now) TUSK_REQUIRES(mutex_) {
    pause_ = std::min(pause_ * 2, kLongestPause);
    write_at_ = now + pause_;
    // Another process writes: this one's turn comes again.
    base::Result<ListFile> file = ListFile::lock(list_file_, {});
    if (!file) return fail(file.error().message);
    base::Result<PreloadList> list = file->read();
    if (!list) return fail(list.error().message);
    list->add(sample_, base_);
    if (const base::Result<void> written = file->write(*list); !written)
      return fail(written.error().message);
    sample_ = {};
  }

  void fail(std::string_view reason) TUSK_REQUIRES(mutex_) {
    // Its memory must not grow.
    if (sample_.files.size() > PreloadList::kMostFiles) sample_ = {};
    if (reason.starts_with("another process")) return;
    if (!std::exchange(has_failed_, true))
      observe::warn("preload: what requests use is not recorded", {{"reason", reason}});
  }

  const std::string list_file_;
  const std::string base_;
  // Hints: what they announce is under the mutex.
  std::atomic<std::int64_t> due_{0};  // of the monotonic clock
  std::atomic<bool> wants_write_{false};
  base::Mutex mutex_;
  Sample sample_ TUSK_GUARDED_BY(mutex_);
  base::Duration pause_ TUSK_GUARDED_BY(mutex_) = kFirstWrite;
  base::MonotonicTime write_at_ TUSK_GUARDED_BY(mutex_){};
  bool has_failed_ TUSK_GUARDED_BY(mutex_) = false;
};

Record* record = nullptr;  // of the process, and never freed; null: nothing is recorded

void look(base::MonotonicTime now) {
  std::vector<std::string_view> files;
  zend_string* path = nullptr;
  ZEND_HASH_FOREACH_STR_KEY(&EG(included_files), path) {
    if (path != nullptr && ZSTR_VAL(path)[0] == '/')
      files.emplace_back(ZSTR_VAL(path), ZSTR_LEN(path));
  }
  ZEND_HASH_FOREACH_END();
  if (files.empty()) return;
  const char* const script = SG(request_info).path_translated;
  record->add(files, script != nullptr ? script : "", now);
}

}  // namespace

void Recorder::start(std::string list_file, std::string base) {
  if (record == nullptr) record = new Record(std::move(list_file), std::move(base));
}

void Recorder::look_at_request() noexcept {
  if (record == nullptr) return;
  const auto* const context = static_cast<const RequestContext*>(SG(server_context));
  // What resident scripts have included, they have included once.
  if (context == nullptr || context->is_resident() || process::in_forked_child()) return;
  const base::MonotonicTime now = base::now();
  if (!record->is_due(now)) return;
  try {
    look(now);
  } catch (...) {
    // Out of memory: the next sample may find some.
  }
}

void Recorder::write_if_due() noexcept {
  if (record == nullptr) return;
  try {
    record->write_if_due();
  } catch (...) {
    // Out of memory: the next write may find some.
  }
}

}  // namespace tusk::php::preload
