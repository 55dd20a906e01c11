// FileEncoder: the thread that compresses files, so that no loop waits for it.
//
// Owner: the app. Threads: submit() any; the rest is its own thread's, which begins with the first
// file. It takes one file after the other: a burst of them must not take the cores that answer
// requests.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "files/representation.h"
#include "http/coding/encoder.h"
#include "http/coding/policy.h"
#include "observe/metrics.h"

namespace tusk::server {

class FileEncoder {
 public:
  // Files that wait; for more there is no compressed answer now.
  static constexpr std::size_t kMostWaiting = 64;

  // Called on this thread with the compressed bytes. None: the file changed, could not be read, or
  // does not get smaller.
  using Done = std::function<void(std::string bytes)>;

  FileEncoder(const http::coding::Policy& policy, observe::MetricsShard& metrics)
      : encoder_(policy.levels), metrics_(metrics) {}
  ~FileEncoder();
  FileEncoder(const FileEncoder&) = delete;
  FileEncoder& operator=(const FileEncoder&) = delete;

  // False: too many wait.
  bool submit(files::RepresentationRef original, http::ContentCoding coding, Done done);

 private:
  struct Job {
    files::RepresentationRef original;
    http::ContentCoding coding;
    Done done;
  };

  void run();
  std::string encode(const Job& job);

  http::coding::Encoder encoder_;
  observe::MetricsShard& metrics_;

  base::Mutex mutex_;
  base::Condition news_;
  std::deque<Job> jobs_ TUSK_GUARDED_BY(mutex_);
  bool stopping_ TUSK_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // begun under mutex_; the destructor's then
};

}  // namespace tusk::server
