// Containment: stops a worker's thread for ever when its request has failed beyond repair, so that
// the server can go on without it.
//
// Owner: the executor. Threads: state() and stop() the watchdog; the rest its worker and the signal
// handlers that interrupt it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <pthread.h>
#include <signal.h>

#include "exec/job.h"
#include "observe/crash/alternate_stack.h"
#include "observe/crash/interrupted.h"

namespace tusk::php::crash {

// A part of the address space.
struct AddressRange {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  bool holds(std::uintptr_t address) const noexcept { return address >= begin && address < end; }
};

// With processes, a stack overflow or a library's abort() ends one process. Here the thread is
// *parked*: it stays where it is, with all signals blocked, and nothing that it owns is used again
// (its PHP heap is freed: php/crash/stopped_heap.h). The watchdog notices, answers the client and
// starts a successor (exec/pool/worker_pool.h). That is right only if the memory of all other
// threads is intact, and if the thread holds nothing that others wait for; otherwise the process
// must end. So a thread is parked
//
//   after a fault in the guard of its own stack, or of the stack of the fiber that it runs;
//   after an impossible division (SIGFPE) or a null pointer, which have changed nothing;
//   after abort(), a failed assertion or exit() in a library other than libphp and libc
//     (php/crash/library_end.cc);
//   when the watchdog has given it up, and OPcache's restart waits for it;
//
// provided that it runs a request, holds no mutex (php/crash/held_mutexes.h), and is not inside
// libc or the dynamic linker, whose own locks are not visible. And never if PHP is not thread-safe:
// its globals are those of the process, and no successor could use them.
class Containment {
 public:
  enum class State : std::uint8_t { kRunning, kParked };

  // Constructed on the thread that it is for.
  Containment();
  ~Containment();
  Containment(const Containment&) = delete;
  Containment& operator=(const Containment&) = delete;

  // The calling thread's. Null where no scripts run, and in a process that a script forked.
  static Containment* current() noexcept { return current_; }
  static void detach() noexcept { current_ = nullptr; }

  // No thread is parked in this process: one request's crash may end it, since it serves only one.
  // Main, before there are threads.
  static void disable() noexcept { enabled_ = false; }
  static bool is_enabled() noexcept { return enabled_; }

  // --- worker ---
  void begin_request(const exec::Job& job) noexcept;
  void end_request() noexcept { job_.store(nullptr, std::memory_order_relaxed); }

  // --- signal handlers, on the worker: async-signal-safe ---
  // The running request. Null between requests.
  const exec::Job* job() const noexcept { return job_.load(std::memory_order_relaxed); }
  // Whether `address` is in the guard of the current stack.
  bool is_overflow(std::uintptr_t address, std::uintptr_t stack) const noexcept;
  // Whether no other thread would wait for this one.
  bool holds_no_mutex() const noexcept;
  bool may_park(const observe::crash::Interrupted& at) const noexcept;
  // For an overflow inside libc: lets libc return, and then parks the thread. False: that is
  // impossible.
  bool may_park_later() const noexcept;
  bool park_later() noexcept;
  // Stops the thread at the interrupted place, on its alternate stack. Frees its stack's memory.
  [[noreturn]] void park() noexcept;
  bool stop_wanted() const noexcept { return stop_wanted_.load(std::memory_order_relaxed); }

  // --- watchdog ---
  State state() const noexcept { return state_.load(std::memory_order_acquire); }
  // Parks the thread as soon as possible. Call it again until it is parked.
  void stop() noexcept;

  // Installs the handler for stop(). Main, once.
  static void install();

 private:
  static void on_stop_signal(int number, siginfo_t* info, void* context) noexcept;

  const pthread_t thread_;
  AddressRange stack_;   // of the thread, without its guard
  std::uintptr_t used_;  // what is above this address stays when it is parked
  const observe::crash::AlternateStack alternate_;
  bool red_zone_is_open_ = false;
  int held_before_ = 0;  // mutexes, when the request began
  std::atomic<const exec::Job*> job_{nullptr};
  std::atomic<State> state_{State::kRunning};
  std::atomic<bool> stop_wanted_{false};

  static inline constinit bool enabled_ = true;
  static inline constinit thread_local Containment* current_ = nullptr;
};

}  // namespace tusk::php::crash
