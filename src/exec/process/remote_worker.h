// RemoteWorker: a worker process, as the server sees it: its region, and the exchanges of the
// requests that it has.
//
// What the worker has written is copied and checked here, and published on the exchange as a worker
// thread's Reply would do it. A worker that writes something else than a response is broken: its
// request is answered 502 or broken off, and the Relay has it killed.
//
//   remote_worker.cc           its requests, and its end
//   remote_worker_response.cc  what it takes from the records of a response, and tells of the
//   client
//   probe/remote_worker_looks.cc   what others see of its script
//
// Owner: a Relay, under whose lock every function is called.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "base/process/crashed_worker.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "exec/exchange.h"
#include "exec/executor.h"
#include "exec/process/figures/worker_cpu.h"
#include "exec/process/probe/remote_probe.h"
#include "exec/process/region.h"
#include "exec/process/response_records.h"
#include "exec/reply.h"
#include "observe/log.h"
#include "observe/scoreboard/worker_slot.h"

namespace tusk::exec::process {

class RemoteWorker {
 public:
  // How long a worker that sleeps may take to begin a request before another one gets it.
  static constexpr base::Duration kTimeToBegin = std::chrono::milliseconds(100);
  // How often a request that may be at fault, or not, is given to another worker. Twice, because a
  // request may meet two workers that others spoil.
  static constexpr std::uint8_t kMostReturns = 2;

  // The part of the settings that all workers of a pool have in common.
  struct Settings {
    RegionLayout layout;
    ReplyLimits reply;
    // How much of a body a worker may gather beyond its buffer, to compress it as a whole.
    std::uint64_t gathered_bytes = 0;
    // A worker that was given so many is asked to end, and gets no further ones. 0: any number.
    std::uint64_t most_requests = 0;

    // How much of a response's body may come as its tail, and how much of a response may be unsent:
    // more is no response of ours. A worker hands over what it has gathered, and beside that what
    // its encoder kept of earlier pieces: at most a block or a window of a few MiB.
    static constexpr std::uint64_t kKeptByEncoder = std::uint64_t{8} * 1024 * 1024;
    std::uint64_t most_tail() const {
      const std::uint64_t gathered = std::max<std::uint64_t>(reply.buffer_bytes, gathered_bytes);
      return gathered + gathered / 8 + kKeptByEncoder;
    }
    // The last piece is begun below the limit, and then the tail follows.
    std::uint64_t most_unsent() const {
      return std::max(reply.memory_bytes, reply.spool_bytes) + 2 * most_tail();
    }
  };

  static base::Result<std::unique_ptr<RemoteWorker>> create(int index, const Settings& settings,
                                                            observe::WorkerSlot& shown);
  RemoteWorker(const RemoteWorker&) = delete;
  RemoteWorker& operator=(const RemoteWorker&) = delete;

  int index() const { return index_; }
  pid_t pid() const { return pid_; }
  // The process has just been forked, as that host says.
  void set_pid(pid_t pid, pid_t host);
  // In the scoreboard. The slot may be that of the worker that this one is to succeed.
  void show_pid() { shown_.set_pid(static_cast<int>(pid_)); }
  // The number of its host in the pool.
  int host() const { return host_; }
  void set_host(int host, const ProgramFile& program) {
    host_ = host;
    program_ = program;
  }
  observe::WorkerSlot& shown() { return shown_; }
  // For the host: the region, and the socket of each slot. Closed by close_host_ends().
  std::array<int, 1 + kSlots> host_ends() const;
  void close_host_ends();

  // --- requests ---
  // PHP is ready, and it was not told to end.
  bool serves() const {
    return !ending_ && !unreachable_ && !is_dozing() &&
           region_.control().serves.load(std::memory_order_acquire) != 0;
  }
  // has_news() tells when that changes from now on.
  void see_whether_it_serves() {
    seen_serves_ = region_.control().serves.load(std::memory_order_seq_cst);
  }
  bool has_begun() const { return region_.control().serves.load(std::memory_order_acquire) != 0; }
  // Also one that has ended before anybody saw that it had begun.
  bool has_served() const {
    return region_.control().has_served.load(std::memory_order_acquire) != 0;
  }
  bool is_free() const { return requests_ == 0; }
  bool has_room() const { return requests_ < kSlots; }
  std::size_t requests() const { return requests_; }  // that it has
  std::size_t waiting() const { return waiting_; }    // of them, that it has not begun
  std::uint64_t begun() const { return begun_; }      // requests that it has begun, ever
  bool wishes(Wish wish) const {
    return (region_.control().wishes.load(std::memory_order_relaxed) &
            static_cast<std::uint32_t>(wish)) != 0;
  }
  // How many since the last call. Less than 0, as std::uint64_t counts, if they wait again.
  std::uint64_t newly_begun() { return begun_ - std::exchange(told_begun_, begun_); }

  // Writes the request into a free slot. A worker that sleeps is woken by wake(). Else the request
  // stays the caller's: it cannot be written, or this worker cannot be sent its body, and gets no
  // others.
  enum class Given : std::uint8_t { kYes, kCannotBe, kNotToThis };
  Given give(Exchange& exchange, base::MonotonicTime now);
  void wake();
  // Takes back the first request that the worker has not begun. Null: there is none.
  Exchange* take_back_waiting();
  enum class TakeBack : std::uint8_t { kTaken, kBegun, kNotHere };
  TakeBack take_back(Exchange& exchange, base::MonotonicTime now);

  // --- whether it reacts ---
  // It was given a request some time ago, and has begun none. Then its requests are taken back, it
  // is woken, and gets no others until it has reacted.
  bool has_overslept(base::MonotonicTime now) const;
  void begin_dozing(base::MonotonicTime now);
  bool is_dozing() const { return dozing_since_ != base::MonotonicTime{}; }
  // Sees whether it has woken up.
  void look_whether_awake();
  // Since when it should have reacted. The epoch: it need not.
  base::MonotonicTime silent_since() const;

  // What collect() has found.
  struct Collected {
    bool any = false;       // something was published
    std::size_t ended = 0;  // requests that have ended; each is counted by `on_end` before
    bool broken = false;    // the worker must be killed
  };
  // Publishes what the worker has written since the last call. `on_end` is called for each request
  // that has ended, before it is given back to its loop, and is told whether the worker has written
  // no response to it.
  template <class OnEnd>
  Collected collect(base::MonotonicTime now, OnEnd on_end) {
    Collected collected;
    SlotNumbers numbers;
    for (const std::size_t i : slots_in_order(numbers)) {
      const Found found = look_at(i, now);
      collected.any = collected.any || found.bits != 0;
      collected.broken = collected.broken || found.broken;
      // It is about to be killed.
      ending_ = ending_ || found.broken;
      if (found.ended) {
        on_end(*slots_[i].exchange, found.lost);
        ++collected.ended;
        free_slot(i, now);
      }
      if (found.bits != 0) publish(found);
    }
    return collected;
  }
  bool has_news() const;

  // The process has ended: publishes what it had written, and answers what is missing with
  // `status`. Requests that it had not begun are left for take_back_waiting().
  template <class OnEnd>
  void bury(int status, base::MonotonicTime now, OnEnd on_end) {
    SlotNumbers numbers;
    for (const std::size_t i : slots_in_order(numbers)) {
      Found found = look_at(i, now);
      if (!found.ended && !slots_[i].begun) continue;
      if (!found.ended) found = fail(i, status, found);
      end(found, i, now, on_end);
    }
  }
  // Answers those with `status`, too, that take_back_waiting() could not take back.
  template <class OnEnd>
  void bury_rest(int status, base::MonotonicTime now, OnEnd on_end) {
    for (std::size_t i = 0; i < kSlots; ++i) {
      if (slots_[i].exchange != nullptr) end(fail(i, status, {}), i, now, on_end);
    }
  }

  // When the script of that request, which has just ended, ended by the worker's clock.
  base::MonotonicTime ended(const Exchange& exchange, base::MonotonicTime now) const;
  // Tells the worker what the client has taken, and that it is gone.
  void forward_progress();

  // --- its end ---
  // It ends when it has no request.
  void ask_to_end();
  void ask_to_restart();
  // It was asked to restart, and has not begun to.
  bool is_asked_to_restart() const;
  void ask_to_reopen_logs();
  void set_log_level(observe::Level level) {
    region_.control().log_level.store(1 + static_cast<std::uint32_t>(level),
                                      std::memory_order_relaxed);
  }
  bool is_ending() const { return ending_; }
  // Because of Settings::most_requests: not because somebody has asked for it.
  bool is_used_up() const { return used_up_; }
  // Since when it was to end and has no request, so that its process should have ended. The epoch:
  // it need not.
  base::MonotonicTime should_have_ended_since() const {
    return is_free() && begun_ != 0 && ending_ ? std::max(ending_since_, ended_at_)
                                               : base::MonotonicTime{};
  }
  // Another process takes its place: it serves until that one does.
  bool has_successor() const { return has_successor_; }
  void set_successor(bool has_one) { has_successor_ = has_one; }
  // It is killed because its request is past its time.
  void set_late() { late_ = true; }
  // When the host was told to kill it. The epoch: it was not.
  void set_killed(base::MonotonicTime when) { killed_ = when; }
  base::MonotonicTime killed() const { return killed_; }
  bool is_late() const { return late_; }
  // Its process has ended in the middle of a request.
  void set_lost_request() { lost_request_ = true; }
  bool has_lost_request() const { return lost_request_; }
  // When the worker says that its script's time is over, and when that it does not react. The
  // epoch: never.
  base::MonotonicTime deadline() const {
    return base::MonotonicTime(base::Duration(region_.control().deadline_ns.load()));
  }
  base::MonotonicTime lost_at() const {
    return base::MonotonicTime(base::Duration(region_.control().lost_ns.load()));
  }
  // How full its cache of paths is, as it says.
  PathCacheUse path_cache() const;
  // Lines of the log that it could not write, as it says, since the last call.
  std::uint64_t take_lost_lines();
  // Counts the CPU time of its requests, as far as that is new.
  void count_cpu(base::MonotonicTime now, observe::MetricsShard& metrics) {
    if (pid_ != 0) cpu_.count(region_.control().cpu_times, orders_, now - made_, metrics);
  }
  // The response that it makes is an event stream.
  bool runs_event_stream() const;
  // The request that it runs, and since when. Null: none.
  Exchange* running(base::MonotonicTime& since) const;
  // Since when it runs its request, or could have begun one. Cheap.
  base::MonotonicTime busy_since() const { return busy_since_; }

  // --- what its script does ---
  // Calls `look` with the request that its script runs now, if it runs one.
  using Look = std::function<void(int worker, Exchange&, Executor&)>;
  void visit_running(base::MonotonicTime now, const Look& look);
  // The same for its boot, which is no request of a client.
  void visit_boot(Exchange& boot, const Look& look);
  // Sees where its script is now, for the log: it is about to be killed.
  void note_last_place();
  const std::string& last_backtrace() const { return last_backtrace_; }
  const std::string& last_wait() const { return last_wait_; }
  // What it has left, if it has crashed. Nothing: it has not, or could not.
  std::optional<base::process::CrashedWorker> crash() const;

 private:
  struct Slot {
    Exchange* exchange = nullptr;
    std::uint64_t order = 0;
    bool begun = false;
    bool is_shown = false;  // in the scoreboard
    bool has_head = false;
    bool is_event_stream = false;
    bool head_published = false;
    bool ended = false;     // its kEnd was read
    bool returned = false;  // another worker is to run it, whatever its state says
    bool has_error = false;
    std::size_t counted_tail = 0;
    std::uint64_t taken = 0;
    std::uint64_t unsent_limit = Exchange::kUnlimited;
    base::MonotonicTime given{};
    std::shared_ptr<SpoolFile> file;
    std::uint64_t file_end = 0;       // of the last piece in it
    std::optional<SpoolQuota> quota;  // see quota()
    bool in_store = false;
    bool waits = false;           // Exchange::begin_wait() was called
    bool waits_in_store = false;  // ResponseStore::begin_wait() was called
  };
  struct Found {
    Exchange* exchange = nullptr;
    std::uint32_t bits = 0;
    bool ended = false;
    bool broken = false;
    bool lost = false;  // it has ended without the response that it should have
  };

  RemoteWorker(int index, const Settings& settings, Region region, observe::WorkerSlot& shown);

  using SlotNumbers = std::array<std::size_t, kSlots>;
  std::span<const std::size_t> slots_in_order(SlotNumbers& into) const;
  RemoteExecutor& executor();
  const Exchange* begun_request(std::uint64_t number) const;
  void order(Order order);
  Given give_up();
  Found look_at(std::size_t slot, base::MonotonicTime now);
  void note_begun(std::size_t slot, base::MonotonicTime now);
  void show(std::size_t slot, base::MonotonicTime started);
  Exchange* empty(std::size_t slot);
  bool take(std::size_t slot, const Record& record, Found& found, base::MonotonicTime now);
  bool take_head(Slot& slot, const Record& record, Found& found);
  bool take_interim(Slot& slot, const Record& record, Found& found);
  bool may_hold(const Slot& slot, std::uint64_t bytes) const;
  bool take_tail(Slot& slot, const Record& record);
  bool take_piece(Slot& slot, Piece piece, Found& found, base::MonotonicTime now);
  bool take_file(std::size_t slot, base::MonotonicTime now);
  bool take_file_piece(Slot& slot, const Record& record, Found& found, base::MonotonicTime now);
  bool take_end(Slot& slot, const Record& record, Found& found);
  SpoolQuota& quota(Slot& slot) const;  // made when it is first needed
  void enter_store(Slot& slot, base::MonotonicTime now);
  void count_file(Slot& slot, base::MonotonicTime now);
  void reserve(Slot& slot, UnsentShare& share, std::uint64_t bytes, bool on_disk,
               base::MonotonicTime now);
  Found fail(std::size_t slot, int status, Found found);
  template <class OnEnd>
  void end(const Found& found, std::size_t slot, base::MonotonicTime now, OnEnd on_end) {
    on_end(*slots_[slot].exchange, found.lost);
    free_slot(slot, now);
    publish(found);
  }
  void free_slot(std::size_t slot, base::MonotonicTime now);
  static void publish(const Found& found) { found.exchange->publish(found.bits); }
  void forward(std::size_t slot);
  void tell_of_store();
  bool may_be_at_fault(std::size_t slot) const;
  bool may_be_repeated(std::size_t slot) const;
  bool may_be_harmed(std::size_t slot) const;
  Found return_begun(std::size_t slot);
  bool counts_as_waiting(std::size_t slot, SlotState state) const;
  void follow_waiting(std::size_t slot, base::MonotonicTime now);

  const int index_;
  const Settings& settings_;
  observe::WorkerSlot& shown_;
  Region region_;
  std::array<base::UniqueFd, kSlots> sockets_;
  std::array<base::UniqueFd, kSlots> host_sockets_;
  std::vector<ResponseReader> readers_;  // of each slot
  std::array<Slot, kSlots> slots_;
  std::string text_;  // a copy of a head
  std::size_t requests_ = 0;
  std::size_t waiting_ = 0;  // requests that it has not begun
  base::MonotonicTime busy_since_{};
  std::uint64_t begun_ = 0;
  std::uint64_t told_begun_ = 0;
  std::uint64_t orders_ = 0;
  std::uint64_t lost_lines_ = 0;
  WorkerCpu cpu_;
  pid_t pid_ = 0;
  const base::MonotonicTime made_ = base::now();
  base::UniqueFd directory_;                // of the process, in /proc
  std::optional<RemoteExecutor> executor_;  // made by the first look
  std::string last_backtrace_;
  std::string last_wait_;  // the system call
  int host_ = 0;
  ProgramFile program_;  // the host's
  bool owes_wake_ = false;
  bool ending_ = false;
  bool unreachable_ = false;
  // A request was failed or taken back that may have made the worker write where it must not.
  bool has_suspect_ = false;
  bool restart_ordered_ = false;  // at any time
  bool used_up_ = false;
  base::MonotonicTime ending_since_{};
  bool late_ = false;
  bool lost_request_ = false;
  base::MonotonicTime killed_{};
  base::MonotonicTime dozing_since_{};
  base::MonotonicTime ended_at_{};  // its last request
  bool has_successor_ = false;
  std::uint32_t seen_serves_ = 0;
};

}  // namespace tusk::exec::process
