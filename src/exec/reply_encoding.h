// ReplyEncoding: applies a content coding to the responses of scripts, on the worker's own thread.
// So the loop is not held up, and no other thread is involved.
//
// Owner and thread: one worker, for all its requests in turn. It changes a head only before the
// loop may see that head.
#pragma once

#include <string>

#include "exec/exchange.h"
#include "http/coding/encoder.h"
#include "http/coding/policy.h"
#include "observe/metrics.h"

namespace tusk::exec {

// A body that is complete when its script ends is encoded as a whole. So is a larger one up to the
// policy's largest size, which is gathered for that. A body that is flushed while it is made is
// encoded piece by piece if the policy allows it for its type, otherwise not at all.
class ReplyEncoding {
 public:
  ReplyEncoding(const http::coding::Policy& policy, observe::MetricsShard& metrics)
      : policy_(policy), encoder_(policy.levels), metrics_(metrics) {}
  ReplyEncoding(const ReplyEncoding&) = delete;
  ReplyEncoding& operator=(const ReplyEncoding&) = delete;

  bool enabled() const { return !policy_.scripts.empty(); }

  // How much of a body that has outgrown its buffer should be gathered, because it may still be
  // encoded as a whole. 0: it will not be encoded.
  std::uint64_t bytes_to_gather(const Exchange& exchange) const;

  // Call it when the script has ended and head and body are complete and unsent. Encodes the body,
  // or adds Vary: Accept-Encoding, or does neither.
  void encode_whole(Exchange& exchange);

  // Call it when the script flushes for the first time and the head is unsent. True: the head
  // announces a coding, and each part of the body must pass through encode_piece().
  bool begin_stream(Exchange& exchange);
  // Encodes Exchange::tail in place. False: encoding has failed and the body is broken.
  bool encode_piece(Exchange& exchange, http::coding::Step step);

 private:
  void encode_tail(Exchange& exchange, http::ContentCoding coding);
  void mark_not_modified(Exchange& exchange) const;
  void note_begun(Exchange& exchange, observe::Coding coding);
  void note_encoded(Exchange& exchange, std::size_t from, std::size_t to);
  void recycle();

  const http::coding::Policy& policy_;
  http::coding::Encoder encoder_;
  observe::MetricsShard& metrics_;
  std::string spare_;  // receives the encoded bytes and is then swapped with the body
};

}  // namespace tusk::exec
