// ScriptLoop: the life of a resident script in one PHP thread: its boot, the requests that it asks
// for by tusk_handle_request(), and its end.
//
// Owner: an executor. Thread: its worker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "exec/executor.h"
#include "php/crash/containment.h"
#include "php/interrupt/time_limits.h"
#include "php/request_context.h"
#include "php/resident/boot_request.h"
#include "php/resident/boot_state.h"
#include "php/resident/doctor/resident_doctor.h"
#include "php/resident/rewound_script.h"
#include "php/resident/served_request.h"
#include "php/resident/session_module.h"
#include "php/resident/shutdown_functions.h"
#include "php/runtime.h"

namespace tusk::php::resident {

// The script runs inside one request of PHP, from php_request_startup() to php_request_shutdown().
// Inside it, each request of a client begins and ends what belongs to a request (served_request.h),
// and what it has changed besides is put back (boot_state.h).
//
// Frameworks boot in their first request. So the boot goes on in it: what it has set stays. These
// are the requests of PoolScripts::warm_up, which the script answers before it serves; if there are
// none, those of clients up to the first that succeeds, and no more than kMostBootRequests.
//
// A bailout while a request is served ends the script, as it ends any script: its shutdown
// functions run for the client of that request, and then the worker boots anew. Everything else
// that can end a handler ends the request alone: its return, an exception, exit(), a client that
// has left.
class ScriptLoop {
 public:
  // The parts of the executor that the loop uses. They outlive it.
  struct Parts {
    PhpThread& thread;
    interrupt::TimeLimits& limits;
    crash::Containment& containment;
    RequestContext& context;
    const exec::PoolScripts& scripts;
    Method method;
    DoctorSettings doctor;
  };

  explicit ScriptLoop(const Parts& parts);
  ScriptLoop(const ScriptLoop&) = delete;
  ScriptLoop& operator=(const ScriptLoop&) = delete;

  // Runs the script once.
  exec::ScriptEnd run(exec::RequestFeed& feed) noexcept;

  // The calling thread's, while its script runs. Null: the script is not a resident one.
  static ScriptLoop* current() noexcept { return current_; }

  // With ScriptMode::kRewind the process goes back to the end of the boot after each request, so
  // nothing is put back here: RequestFeed::finish() does not return.
  bool rewinds() const { return parts_.scripts.mode == exec::ScriptMode::kRewind; }
  RewoundScript& rewound() { return rewound_; }

  // --- for tusk_handle_request() and tusk_next_request() ---
  // The function runs already: it must not be called by what runs inside it, be it the handler, or
  // a callback of what ends a request or a boot.
  bool is_handling() const { return handling_; }
  // Waits for a request and has it answered by the function. False: the script is to end. PHP may
  // leave it by longjmp.
  bool handle(zend_fcall_info& call, zend_fcall_info_cache& function) {
    handling_ = true;
    const bool goes_on = begin_next() && answer(call, function);
    handling_ = false;
    return goes_on;
  }
  // Ends the request that it has begun, waits for another one and begins it, for the script itself
  // to answer. False: the script is to end. PHP may leave it by longjmp.
  bool next() {
    handling_ = true;
    is_open_ = begin_next();
    handling_ = false;
    return is_open_;
  }

 private:
  enum class Stage : std::uint8_t {
    kBooting,
    kWarmingUp,  // it answers the requests of warm_up, if there are any
    kServing,    // a request of a client
    kBetween,    // two of them, or after the last
    kEnding,     // handle() has returned false
  };

  // A script that fails in each request must not keep what each sets.
  static constexpr int kMostBootRequests = 10;

  // Frameworks finish their boot in the second or third request.
  static constexpr int kWarmUpRounds = 3;

  bool begin_next();
  bool answer(zend_fcall_info& call, zend_fcall_info_cache& function);
  bool start();
  exec::ScriptEnd end(bool started) noexcept;
  void end_boot();
  void begin_serving();
  void begin_between(ScriptLife life, base::MonotonicTime since);
  void begin_request(const exec::Job& job, exec::Reply& reply, ScriptLife life);
  void begin_warm_up();
  void end_boot_of_rewound();
  std::size_t most_warm_ups() const {
    return warm_ups_.size() * static_cast<std::size_t>(rewinds() ? kWarmUpRounds : 1);
  }
  void end_warm_up(bool fails);
  void call_handler(zend_fcall_info& call, zend_fcall_info_cache& function);
  void end_request();
  void put_back_rewound() noexcept;
  bool has_booted() const { return stage_ != Stage::kBooting && stage_ != Stage::kWarmingUp; }
  RequestPart part() const {
    if (!has_booted()) return RequestPart::kBoot;
    if (rewinds()) return RequestPart::kRewound;
    return boot_requests_ == 0 ? RequestPart::kServing : RequestPart::kBoot;
  }
  void measure_cpu(base::Duration before) noexcept;
  const char* reason_of_end() const;
  std::string boot_error() const;

  const Parts parts_;
  BootRequest boot_;
  std::vector<exec::Job> warm_ups_;
  BootState state_;
  SessionModule session_;
  ShutdownFunctions shutdown_functions_;
  RewoundScript rewound_;
  std::unique_ptr<doctor::ResidentDoctor> doctor_;  // null: resident_doctor is off
  exec::RequestFeed* feed_ = nullptr;               // while it runs, like all below
  Stage stage_ = Stage::kBooting;
  bool handling_ = false;
  bool is_open_ = false;    // next() has begun a request
  bool goes_back_ = false;  // however the script ends, the process goes back
  std::size_t warm_ups_begun_ = 0;
  const exec::Job* warm_up_ = nullptr;  // that runs or has failed
  int boot_requests_ = 0;               // of clients, that may follow
  base::Duration cpu_before_{};

  static inline constinit thread_local ScriptLoop* current_ = nullptr;
};

}  // namespace tusk::php::resident
