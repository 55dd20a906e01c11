// Exchange: one request on its way to a worker and its response on the way back. It is the only
// object that a loop and a PHP thread share.
//
// Owner: the loop that took it from its ExchangePool, always. A worker borrows it from
// RequestQueue::pop() until Reply::release(). What may be touched when:
//
//   job              the loop until it is pushed; then the worker until released
//   head             the worker until kHeadReady; then the loop
//   tail             the worker until kFinished; then the loop
//   stream           under the guard
//   atomics          both
//
// Memory order: every hand-over is a read-modify-write of state_ with acquire/release, so what
// was written before a bit is seen by whoever sees the bit.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "exec/job.h"
#include "exec/response_spool.h"
#include "exec/store_rules.h"
#include "http/response.h"

namespace tusk::exec {

class ResponseChannel;
class ResponseStore;

class Exchange {
 public:
  enum State : std::uint32_t {
    kPosted = 1,      // in the response channel, not yet seen by the loop
    kHeadReady = 2,   // head belongs to the loop
    kFinished = 4,    // the response is complete, tail belongs to the loop
    kReleased = 8,    // the worker is done with the exchange
    kStarted = 16,    // a worker has taken the request
    kCancelled = 32,  // the loop wants no more of the response
    kAbandoned = 64,  // its time is over and the worker does not react: nothing will follow
    kInterim = 128,   // interim responses wait in `stream`
    kClosed = 256     // the response is to be broken off, for closed_for()
  };

  Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  Job job;

  http::ResponseHead head;
  std::string tail;  // the last bytes of the body, and all of them where nothing was streamed

  struct Stream {
    std::vector<Piece> pieces;
    std::vector<http::ResponseHead> interim;  // 1xx, to be sent before the head
  };
  base::Guarded<Stream> stream;
  bool streamed = false;  // the worker put something there; read when it has released

  // What a later owner of the response wants to know of its making.
  base::MonotonicTime started{};   // when a worker took it
  int worker = -1;                 // which; as `started` by start()
  bool fatal_error = false;        // the script ended by a fatal error
  bool abandoned_library = false;  // inside a C library, which has lost memory by it
  // Not 0: the server's own answer of this status takes the place of the script's. As the head.
  int error_status = 0;
  // Not 0: the script was not run, because its client has caused too many lost workers. As the
  // head.
  base::Duration refused_for{};
  bool truncated = false;  // the body ends before its end; as the tail
  bool spilled = false;    // a complete body is a piece, there being no memory for it as the tail
  UnsentShare tail_share;  // of a tail that is large; as the tail

  // Which response channel the worker answers on, and the loop's own key for the request.
  ResponseChannel* channel = nullptr;
  std::uint64_t key = 0;

  // --- loop ---
  void prepare();  // once released: forgets the response
  // Clears kPosted and returns the bits as they were: call once per drained exchange.
  std::uint32_t acknowledge() {
    return state_.fetch_and(~std::uint32_t{kPosted}, std::memory_order_acq_rel);
  }
  // Tells the worker that nobody waits any more; to be called before the loop saw kReleased.
  void cancel();
  // Cancels a request that no worker has taken, and none will. False: one has it.
  bool cancel_if_waiting();
  // Gives back what of the response is not sent, for nobody will.
  void drop_pieces();
  // Reports that `bytes` of the pieces have left for the client: a waiting worker may go on.
  void consumed(std::uint64_t bytes);
  // Lets the worker have no more than so much unsent, whatever its own limits are: many responses
  // share a client that takes none of them (HTTP/2).
  void limit_unsent(std::uint64_t bytes);
  static constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};

  // --- any thread, while the worker has the exchange ---
  // Tells the loop that the worker will not answer, and with which status it should.
  void abandon(int status) {
    abandoned_status_.store(status, std::memory_order_relaxed);
    publish(kAbandoned);
  }
  // Breaks the response off, for others need what it takes: the worker as by cancel(), the loop
  // when it sees kClosed. Under the lock of the ResponseStore, which the exchange has entered.
  void close_for(WaitReason reason);
  // How long the worker has waited for the client: that is not the script's time.
  base::Duration waited() const {
    return base::Duration(waited_ns_.load(std::memory_order_relaxed));
  }
  // It waits now. Read before waited(), which is complete once this is false.
  bool waits_for_client() const { return waits_for_client_.load(std::memory_order_acquire); }

  // --- both ---
  WaitReason closed_for() const { return closed_for_.load(std::memory_order_relaxed); }
  // Where the response is stored, as long as it may be closed there; null: it never came so far.
  ResponseStore* store() const { return store_.load(std::memory_order_acquire); }
  void set_store(ResponseStore* store) { store_.store(store, std::memory_order_release); }
  std::uint64_t stored_tail() const { return stored_tail_.load(std::memory_order_relaxed); }
  // What the client has taken of the pieces.
  std::uint64_t taken_bytes() const {
    const std::uint64_t unsent = unsent_bytes();
    const std::uint64_t handed = handed_bytes_.load(std::memory_order_relaxed);
    return handed > unsent ? handed - unsent : 0;
  }
  bool is_posted() const { return (state_.load(std::memory_order_acquire) & kPosted) != 0; }
  int abandoned_status() const { return abandoned_status_.load(std::memory_order_relaxed); }
  // A worker has taken it: `started` and `worker` are to be read only then.
  bool has_started() const { return (state_.load(std::memory_order_acquire) & kStarted) != 0; }
  bool cancelled() const { return (state_.load(std::memory_order_acquire) & kCancelled) != 0; }

  // --- worker ---
  // Takes the request, for the worker of this number. False: it was cancelled while it waited, and
  // must only be released.
  bool start(int number, base::MonotonicTime now);

  // --- worker, through Reply ---
  // Sets `bits`, and posts the exchange unless it is in the channel already.
  void publish(std::uint32_t bits);
  std::uint64_t unsent_limit() const { return unsent_limit_.load(std::memory_order_relaxed); }
  // The time between these two is the client's. wait_for_progress() returns when something has
  // changed since progress() gave `seen`, or `most` has passed.
  void begin_wait();
  void end_wait();
  std::uint32_t progress() const { return progress_.load(std::memory_order_seq_cst); }
  void wait_for_progress(std::uint32_t seen, base::Duration most);
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
  std::atomic<std::uint64_t> handed_bytes_{0};  // of pieces; the worker's
  std::atomic<std::uint64_t> stored_tail_{0};
  std::atomic<ResponseStore*> store_{nullptr};
  std::atomic<WaitReason> closed_for_{WaitReason::kResponseLimit};
  std::atomic<std::uint64_t> unsent_limit_{kUnlimited};  // loop → worker
  std::atomic<std::int64_t> waited_ns_{0};
  std::atomic<bool> waits_for_client_{false};
  base::MonotonicTime wait_began_{};  // the worker's
  std::atomic<int> abandoned_status_{0};
  std::atomic<std::uint32_t> progress_{0};  // futex: changes when unsent_bytes_ falls or on cancel
  Exchange* next_ = nullptr;                // in the channel: worker → loop; in the pool: loop
};

}  // namespace tusk::exec
