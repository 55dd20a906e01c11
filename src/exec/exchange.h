// Exchange: what a loop and a worker share about one request.
//
// Owner: always the loop that took it from its ExchangePool. A worker borrows it from
// RequestQueue::pop() until Reply::release(). Thread: loop and worker; the class says
// when.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "exec/job.h"
#include "exec/reply_channel.h"
#include "exec/response_spool.h"
#include "exec/store_rules.h"
#include "http/response.h"
#include "observe/metrics_list.h"

namespace tusk::exec {

class ResponseChannel;
class ResponseStore;

// The cost of a script's run, as far as Job::measures asks for it and the run has ended with the
// response.
struct ScriptCost {
  base::MonotonicTime ended{};  // the epoch: not measured
  std::optional<base::Duration> cpu{};
  std::optional<std::uint64_t> memory_peak_bytes{};
};

// What the worker has compressed of the response, for the metrics of a worker in another process.
struct ResponseCompression {
  bool any = false;
  observe::Coding coding{};
  std::uint64_t from_bytes = 0;
  std::uint64_t to_bytes = 0;
};

// One request on its way to a worker, and its response on the way back. It is the only object that
// a loop and a PHP thread share.
//
// The two share one address space. A worker in another process has an exchange of its own, whose
// content travels as bytes (exec/process/): there the server's Relay takes the worker's part.
//
// This table says who may touch what, and when:
//
//   job              the loop until it is pushed; then the worker until released
//   head             the worker until kHeadReady; then the loop
//   tail             the worker until kFinished; then the loop
//   stream           under the guard
//   atomics          both
//
// Memory order: every hand-over is a read-modify-write of state_ with acquire/release, so a thread
// that sees a bit also sees what was written before the bit.
class Exchange {
 public:
  // The bits of the state; several may be set.
  enum StateBit : std::uint32_t {
    kPosted = 1,      // in the response channel, not yet seen by the loop
    kHeadReady = 2,   // `head` belongs to the loop
    kFinished = 4,    // the response is complete, `tail` belongs to the loop
    kReleased = 8,    // the worker has given the exchange back
    kStarted = 16,    // a worker has taken the request
    kCancelled = 32,  // the loop does not want the rest of the response
    // The request is past its time and the worker does not react: nothing will follow.
    kAbandoned = 64,
    kInterim = 128,  // interim responses are in `stream`
    kClosed = 256    // the response must be broken off; closed_for() says why
  };

  Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  Job job;

  http::ResponseHead head;
  std::string tail;  // the end of the body; the whole body if nothing was streamed

  struct Stream {
    std::vector<Piece> pieces;
    std::vector<http::ResponseHead> interim;  // 1xx responses, sent before the head
  };
  base::Guarded<Stream> stream;
  bool streamed = false;  // the worker has put something into `stream`; read once it has released

  // How the response was made. Set by the worker, like the members below.
  base::MonotonicTime started{};        // when a worker took the request; set by start()
  int worker = -1;                      // which worker took it; set by start()
  bool fatal_error = false;             // a fatal error ended the script
  std::uint64_t memory_peak_bytes = 0;  // of the script; set when it has ended
  bool abandoned_library = false;  // the script ended inside a C library, which has leaked memory
  // Not 0: the server sends its own answer with this status instead. Set before kHeadReady.
  int error_status = 0;
  // Not 0: the script was not run, because its client has caused too many lost workers, or because
  // the pool is down. The client may come back after that time. Set before kHeadReady.
  base::Duration refused_for{};
  bool pool_is_down = false;  // the reason is the pool
  bool truncated = false;     // the body is incomplete; set before kFinished
  // The recent events say why the request failed; set before kFinished.
  bool failure_noted = false;
  // The whole body is a piece, because there was no memory for it as the tail.
  bool spilled = false;
  // How often another worker process was given it, because one had spoilt what it held.
  std::uint8_t times_returned = 0;
  ScriptCost cost;  // set before kFinished
  ResponseCompression compression;
  UnsentShare tail_share;  // counts a large tail; set before kFinished

  // The channel that the worker answers on, and the loop's own key for the request. Null: nobody
  // waits for an answer, because a resident script boots.
  ReplyChannel* channel = nullptr;
  std::uint64_t key = 0;
  std::uint16_t loop = 0;  // the number of the loop that waits for the answer

  // --- loop ---
  void prepare();  // call once released: clears the response
  // Clears kPosted and returns the bits as they were. Call it once per drained exchange.
  std::uint32_t acknowledge() {
    return state_.fetch_and(~std::uint32_t{kPosted}, std::memory_order_acq_rel);
  }
  // Tells the worker that nobody waits for the response. Call it before the loop has seen
  // kReleased.
  void cancel();
  // Cancels a request that no worker has taken yet. False: a worker has taken it.
  bool cancel_if_waiting();
  // Frees the unsent pieces, because nobody will send them.
  void drop_pieces();
  // Reports that `bytes` of the pieces were sent, so that a waiting worker can continue.
  void consumed(std::uint64_t bytes);
  // Limits what the worker may have unsent, below the worker's own limits: with HTTP/2 many
  // responses share one client that may read none of them.
  void limit_unsent(std::uint64_t bytes);
  static constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};

  // --- any thread, while the worker has the exchange ---
  // Tells the loop that the worker will not answer, and which status the loop should send.
  void abandon(int status) {
    abandoned_status_.store(status, std::memory_order_relaxed);
    publish(kAbandoned);
  }
  // Breaks the response off, because others need the space that it takes: the worker sees it as a
  // cancel(), the loop as kClosed. Called under the lock of the ResponseStore that the exchange has
  // entered.
  void close_for(WaitReason reason);
  // How long the worker has waited for the client. That time does not count as the script's.
  base::Duration waited() const {
    return base::Duration(waited_ns_.load(std::memory_order_relaxed));
  }
  // The worker is waiting now. Read this before waited(), which is complete once this is false.
  bool waits_for_client() const { return waits_for_client_.load(std::memory_order_acquire); }

  // --- both ---
  WaitReason closed_for() const { return closed_for_.load(std::memory_order_relaxed); }
  // The store in which the response may be closed. Null: the response has not entered one.
  ResponseStore* store() const { return store_.load(std::memory_order_acquire); }
  void set_store(ResponseStore* store) { store_.store(store, std::memory_order_release); }
  std::uint64_t stored_tail() const { return stored_tail_.load(std::memory_order_relaxed); }
  // How much of the pieces the client has taken.
  std::uint64_t taken_bytes() const {
    const std::uint64_t unsent = unsent_bytes();
    const std::uint64_t handed = handed_bytes_.load(std::memory_order_relaxed);
    return handed > unsent ? handed - unsent : 0;
  }
  bool is_posted() const { return (state_.load(std::memory_order_acquire) & kPosted) != 0; }
  int abandoned_status() const { return abandoned_status_.load(std::memory_order_relaxed); }
  // A worker has taken the request. Read `started` and `worker` only if this is true.
  bool has_started() const { return (state_.load(std::memory_order_acquire) & kStarted) != 0; }
  bool cancelled() const {
    if ((state_.load(std::memory_order_acquire) & kCancelled) != 0) return true;
    return far_cancelled_ != nullptr && far_cancelled_->load(std::memory_order_acquire) != 0;
  }
  // In a worker process: the word by which the server cancels the request.
  void set_far_cancelled(const std::atomic<std::uint32_t>* word) { far_cancelled_ = word; }

  // --- worker ---
  // Takes the request for worker `number`. False: it was cancelled while it waited, and must only
  // be released. If another worker had taken it and was lost, `started` and `worker` stay as set.
  bool start(int number, base::MonotonicTime now);

  // --- worker, through Reply ---
  // Sets `bits`, and posts the exchange unless it is in the channel already.
  void publish(std::uint32_t bits);
  std::uint64_t unsent_limit() const { return unsent_limit_.load(std::memory_order_relaxed); }
  // The time between begin_wait() and end_wait() is the client's. wait_for_progress() returns when
  // something has changed since progress() returned `seen`, or after `most`. sleep() is its way to
  // wait in the server, for its ResponseChannel.
  void begin_wait();
  void end_wait();
  std::uint32_t progress() const { return progress_.load(std::memory_order_seq_cst); }
  void wait_for_progress(std::uint32_t seen, base::Duration most);
  void sleep(std::uint32_t seen, base::Duration most);
  void add_unsent(std::uint64_t bytes) {
    handed_bytes_.fetch_add(bytes, std::memory_order_relaxed);
    unsent_bytes_.fetch_add(bytes, std::memory_order_acq_rel);
  }
  void set_stored_tail(std::uint64_t bytes) {
    stored_tail_.store(bytes, std::memory_order_relaxed);
  }
  std::uint64_t unsent_bytes() const { return unsent_bytes_.load(std::memory_order_acquire); }

 private:
  friend class ResponseChannel;
  friend class ExchangePool;

  std::atomic<std::uint32_t> state_{0};
  void wake_worker();

  std::atomic<std::uint64_t> unsent_bytes_{0};
  std::atomic<std::uint64_t> handed_bytes_{0};  // in pieces; written by the worker
  std::atomic<std::uint64_t> stored_tail_{0};
  std::atomic<ResponseStore*> store_{nullptr};
  std::atomic<WaitReason> closed_for_{WaitReason::kResponseLimit};
  std::atomic<std::uint64_t> unsent_limit_{kUnlimited};  // written by the loop, read by the worker
  std::atomic<std::int64_t> waited_ns_{0};
  std::atomic<bool> waits_for_client_{false};
  base::MonotonicTime wait_began_{};  // used by the worker
  std::atomic<int> abandoned_status_{0};
  const std::atomic<std::uint32_t>* far_cancelled_ = nullptr;
  std::atomic<std::uint32_t> progress_{0};  // futex: changes when unsent_bytes_ falls and on cancel
  // Used in the channel by worker and loop, in the pool by the loop.
  Exchange* next_ = nullptr;
};

}  // namespace tusk::exec
