// Reply: the worker's end of a response.
//
// write() appends to memory that the worker owns: nothing is locked, allocated or sent per echo.
// A response that ends within `buffer_bytes` goes to the loop whole. A longer one, or one that is
// flushed, goes in pieces: from memory while less than `memory_bytes` are unsent, then through the
// spool while less than `spool_bytes` are, and past that the script waits for its client. Where all
// responses together hold as much memory as they may, it is through files of the spool at once.
// A script that waits may see its response closed, for the client costs others too much
// (response_store.h).
//
// With a ReplyEncoding the body may be compressed on its way (there: when). One that may be as a
// whole is gathered past `buffer_bytes`, up to the largest size that is compressed.
//
// Owner and thread: one worker, one request.
#pragma once

#include <cstdint>
#include <string_view>

#include "exec/exchange.h"

namespace tusk::exec {

class ReplyEncoding;
class ResponseStore;

struct ReplyLimits {
  std::size_t buffer_bytes = 256 * 1024;
  std::uint64_t memory_bytes = 1024 * 1024;
  std::uint64_t spool_bytes = 64 * 1024 * 1024;
  SpoolLimits spool{};
  // Of all responses; null: a response has the limits alone.
  ResponseStore* store = nullptr;
};

class Reply {
 public:
  Reply(Exchange& exchange, const ReplyLimits& limits);
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;

  // Compresses the body where it may be. Before anything is written.
  void encode_with(ReplyEncoding& encoding) { encoding_ = &encoding; }

  // The head may be changed until the first flush(), large write() or finish().
  http::ResponseHead& head() { return exchange_.head; }
  bool head_sent() const { return head_sent_; }

  // False: the client is gone, output goes nowhere. After finish() output goes nowhere either, but
  // that is not the client's doing: true.
  bool write(std::string_view bytes) {
    if (finished_) return true;
    if (client_gone()) return false;
    body_bytes_ += bytes.size();
    if (exchange_.tail.size() + bytes.size() >= gather_bytes_) return write_large(bytes);
    exchange_.tail.append(bytes);
    return true;
  }

  // Sends what there is, and the head before it. May wait for a slow client. Result as of write().
  bool flush();

  // An interim response (1xx), before the head. Nothing once the head is sent, nor what would make
  // more than kMaxInterim or kMaxInterimBytes that the loop has not taken.
  static constexpr std::size_t kMaxInterim = 32;
  static constexpr std::size_t kMaxInterimBytes = std::size_t{64} * 1024;
  void interim(http::ResponseHead head);

  // The server's own answer of `status` takes the place of what was written, or, where some of it
  // is sent, the response is broken off: the client is to see that it is not whole.
  void fail(int status);

  // Nothing more will be written: does what is left to be done to the body. Part of finish() and
  // release(), and apart for whoever must know how long it takes.
  void complete();

  // The response is complete: nothing can be written after it, the job may still be read.
  void finish();
  bool finished() const { return finished_; }

  // The worker is done with the exchange, which is gone for it when this returns.
  void release();

  const Exchange& exchange() const { return exchange_; }
  bool client_gone() const { return exchange_.cancelled(); }
  std::uint64_t body_bytes() const { return body_bytes_; }
  void set_fatal_error() { exchange_.fatal_error = true; }
  void set_abandoned_library() { exchange_.abandoned_library = true; }

 private:
  bool write_large(std::string_view bytes);
  bool hand_over_tail(bool flush);
  bool hand_over(std::string bytes);
  void spill_tail();
  void enter_store();
  Reservation reserve_memory(std::uint64_t bytes, UnsentShare& share);
  bool spill(std::string_view bytes, Piece& piece);
  bool try_spill(std::string_view bytes, Piece& piece, WaitReason& reason);

  Exchange& exchange_;
  const ReplyLimits& limits_;
  ReplyEncoding* encoding_ = nullptr;
  std::uint64_t gather_bytes_;  // so much output makes a piece
  std::uint64_t body_bytes_ = 0;
  ResponseSpool spool_;
  bool in_store_ = false;
  SpoolQuota quota_;
  bool head_sent_ = false;
  ReplyEncoding* piece_encoding_ = nullptr;  // what pieces go through, if anything
  bool completed_ = false;
  bool finished_ = false;
};

}  // namespace tusk::exec
