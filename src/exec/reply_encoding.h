// ReplyEncoding: a content coding for the responses of scripts, made on the worker's own thread:
// the loop is not held up, and nothing is handed over once more.
//
// A body that is whole when its script ends is encoded then; so is one of up to the policy's
// largest size, which is gathered for it. One that is flushed while it is made is encoded piece by
// piece, if the policy says so for its type, else not at all.
//
// Owner and thread: one worker, for all its requests, one after the other. What is done to a head
// is done before the loop may see it.
#pragma once

#include <string>

#include "exec/exchange.h"
#include "http/coding/encoder.h"
#include "http/coding/policy.h"
#include "observe/metrics.h"

namespace tusk::exec {

class ReplyEncoding {
 public:
  ReplyEncoding(const http::coding::Policy& policy, observe::MetricsShard& metrics)
      : policy_(policy), encoder_(policy.levels), metrics_(metrics) {}
  ReplyEncoding(const ReplyEncoding&) = delete;
  ReplyEncoding& operator=(const ReplyEncoding&) = delete;

  bool enabled() const { return !policy_.scripts.empty(); }

  // How much of a body that has just outgrown its buffer is to be gathered because it may still be
  // encoded as a whole. 0: it will not be.
  std::uint64_t bytes_to_gather(const Exchange& exchange) const;

  // The script has ended, head and body are whole and unsent: encodes the body, or says in the head
  // that it depends on Accept-Encoding, or neither.
  void encode_whole(Exchange& exchange);

  // The script flushes for the first time, the head is unsent. True: the body is encoded, each part
  // of it through encode_piece(), and the head says so.
  bool begin_stream(Exchange& exchange);
  // Encodes Exchange::tail in place. False: it cannot go on, the body is broken.
  bool encode_piece(Exchange& exchange, http::coding::Step step);

 private:
  void encode_tail(Exchange& exchange, http::ContentCoding coding);
  void mark_not_modified(Exchange& exchange) const;
  void recycle();

  const http::coding::Policy& policy_;
  http::coding::Encoder encoder_;
  observe::MetricsShard& metrics_;
  observe::Coding stream_label_{};
  std::string spare_;  // takes the encoded bytes, and changes places with the body
};

}  // namespace tusk::exec
