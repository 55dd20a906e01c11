// FileEncoder: the thread that compresses.
//
// Owner: app::Serving. Threads: submit() and stop() any; encode() the encoder's own.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "base/background_thread.h"
#include "files/representation.h"
#include "http/coding/encoder.h"
#include "http/coding/policy.h"
#include "observe/metrics.h"

namespace tusk::server::answers {

// Compresses files and texts on a thread of its own, so that no loop has to.
class FileEncoder {
 public:
  // How many may wait. Further ones are sent uncompressed.
  static constexpr std::size_t kMaxPending = 64;

  // Called on the encoder's thread with the compressed bytes. No bytes: the file has changed, could
  // not be read, or does not get smaller.
  using Done = std::function<void(std::string bytes)>;

  FileEncoder(const http::coding::Policy& policy, observe::MetricsShard& metrics)
      : encoder_(policy.levels), metrics_(metrics) {}
  FileEncoder(const FileEncoder&) = delete;
  FileEncoder& operator=(const FileEncoder&) = delete;

  // False: too many are waiting.
  bool submit(files::RepresentationRef original, http::ContentCoding coding, Done done);
  // Behaves like base::BackgroundThread::stop().
  bool stop(base::Duration timeout) { return thread_.stop(timeout); }

 private:
  struct Job {
    files::RepresentationRef original;
    http::ContentCoding coding;
    Done done;
  };

  std::string encode(const Job& job);

  http::coding::Encoder encoder_;
  observe::MetricsShard& metrics_;
  base::BackgroundThread thread_{"tusk-encoder", kMaxPending};  // last: it uses the others
};

}  // namespace tusk::server::answers
