// Reply: the worker's side of a response.
//
// Owner and thread: one worker, one request.
#pragma once

#include <cstdint>
#include <string_view>

#include "exec/exchange.h"
#include "http/coding/coding_stream.h"
#include "observe/scoreboard/worker_slot.h"

namespace tusk::exec {

class ReplyEncoding;
class ResponseStore;

struct ReplyLimits {
  std::size_t buffer_bytes = 256 * 1024;
  std::uint64_t memory_bytes = 1024 * 1024;
  std::uint64_t spool_bytes = 64 * 1024 * 1024;
  SpoolLimits spool{};
  // The store of all responses. Null: only the limits of one response apply.
  ResponseStore* store = nullptr;
};

// write() appends to memory that the worker owns: an echo takes no lock, allocates nothing and
// sends nothing. A response that ends within `buffer_bytes` goes to the loop whole. A longer or
// flushed response goes in pieces: in memory while less than `memory_bytes` are unsent, then
// through the spool while less than `spool_bytes` are unsent; beyond that the script waits for its
// client. If all responses together hold as much memory as they may, pieces go to files of the
// spool at once. The response of a waiting script may be closed if its client costs others too much
// (response_store.h).
//
// With a ReplyEncoding the body may be compressed (reply_encoding.h says when). A body that may be
// compressed as a whole is gathered beyond `buffer_bytes`, up to the largest size that is
// compressed.
class Reply {
 public:
  Reply(Exchange& exchange, const ReplyLimits& limits);
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;

  // Compresses the body if its type and size allow. Call it before anything is written.
  void encode_with(ReplyEncoding& encoding) { encoding_ = &encoding; }

  // The head may be changed until the first flush(), large write() or finish().
  http::ResponseHead& head() { return exchange_.head; }
  bool head_sent() const { return head_sent_; }

  // False: the client is gone and output is dropped. After finish() output is dropped too, but the
  // result is true, because the client is not the reason.
  bool write(std::string_view bytes) {
    if (finished_) return true;
    if (client_gone()) return false;
    body_bytes_ += bytes.size();
    if (exchange_.tail.size() + bytes.size() >= gather_bytes_) return write_large(bytes);
    exchange_.tail.append(bytes);
    return true;
  }

  // Sends the head and all output so far. May wait for a slow client. Returns the same as write().
  bool flush();

  // Most bytes of a response's head, of fields and reason together. A head waits in memory for its
  // client, and is sent at once, so it has a limit of its own. A worker process could send no
  // larger one (ReplyOutlet).
  static constexpr std::size_t kMostHeadBytes = std::size_t{128} * 1024 - 64;

  // Sends an interim response (1xx) before the head. Does nothing once the head is sent, or if more
  // than kMaxInterim responses or kMaxInterimBytes would wait for the loop.
  static constexpr std::size_t kMaxInterim = 32;
  static constexpr std::size_t kMaxInterimBytes = std::size_t{64} * 1024;
  void interim(http::ResponseHead head);

  // Replaces the output by the server's own answer with `status`. If some output was already sent,
  // the response is broken off instead, so that the client sees that it is incomplete.
  void fail(int status);

  // Call it when nothing more will be written: compresses the rest of the body. finish() and
  // release() do it too; it is a function of its own for callers that must know how long it takes.
  void complete();

  // Ends the response: nothing can be written after it. The job may still be read.
  void finish();
  bool finished() const { return finished_; }

  // Gives the exchange back to the loop. The worker must not touch it afterwards.
  void release();

  // Watchdog: frees the spool file, which pieces that are not sent yet may still use. Only if the
  // worker's thread has crashed and stopped for ever: it will not release() the exchange.
  void free_spool() { spool_ = {}; }

  // The CPU time of the script. Once the response is finished, the loop may read the cost, and
  // this does nothing.
  void set_cpu_time(base::Duration cpu) {
    if (!finished_) exchange_.cost.cpu = cpu;
  }

  const Exchange& exchange() const { return exchange_; }
  bool client_gone() const { return exchange_.cancelled(); }
  std::uint64_t body_bytes() const { return body_bytes_; }
  void set_fatal_error() { exchange_.fatal_error = true; }
  // The message of the error that ends the script, for people who look at the worker, and at recent
  // events.
  void show_errors_in(observe::WorkerSlot& slot) { slot_ = &slot; }
  void note_fatal_error(std::string_view message) noexcept;
  void set_abandoned_library() { exchange_.abandoned_library = true; }
  // The most memory that the script has used, as memory_get_peak_usage(true) has it.
  void set_memory_peak(std::uint64_t bytes) {
    exchange_.memory_peak_bytes = bytes;
    // Once the response is finished, the loop may read the cost.
    if (!finished_ && exchange_.job.measures.memory) exchange_.cost.memory_peak_bytes = bytes;
  }
  std::uint64_t memory_peak_bytes() const { return exchange_.memory_peak_bytes; }
  // The status of the response as it is now, or as it was sent.
  int status() const {
    if (exchange_.error_status != 0) return exchange_.error_status;
    return head_sent_ || finished_ ? sent_status_ : exchange_.head.status;
  }

 private:
  bool write_large(std::string_view bytes);
  void send_head();
  bool hand_over_tail(http::coding::Step step);
  bool hand_over(std::string bytes);
  void spill_tail();
  void note_end();
  void enter_store();
  Reservation reserve_memory(std::uint64_t bytes, UnsentShare& share);
  bool spill(std::string_view bytes, Piece& piece);
  bool try_spill(std::string_view bytes, Piece& piece, WaitReason& reason);

  Exchange& exchange_;
  const ReplyLimits& limits_;
  ReplyEncoding* encoding_ = nullptr;
  observe::WorkerSlot* slot_ = nullptr;
  std::uint64_t gather_bytes_;  // output of this size becomes a piece
  std::uint64_t body_bytes_ = 0;
  ResponseSpool spool_;
  bool in_store_ = false;
  SpoolQuota quota_;
  bool head_sent_ = false;
  int sent_status_ = 0;                      // once the head is the loop's
  ReplyEncoding* piece_encoding_ = nullptr;  // encodes the pieces; null: they are sent as they are
  bool completed_ = false;
  bool finished_ = false;
};

}  // namespace tusk::exec
