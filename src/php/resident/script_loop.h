// ScriptLoop: the life of a resident script in one PHP thread: its boot, the requests that it asks
// for by tusk_handle_request(), and its end.
//
// Owner: an executor. Thread: its worker.
#pragma once

#include <memory>

#include "exec/executor.h"
#include "php/crash/containment.h"
#include "php/interrupt/time_limits.h"
#include "php/request_context.h"
#include "php/resident/boot_request.h"
#include "php/resident/boot_state.h"
#include "php/resident/doctor/resident_doctor.h"
#include "php/resident/session_module.h"
#include "php/runtime.h"

namespace tusk::php::resident {

// The script runs inside one request of PHP, from php_request_startup() to php_request_shutdown().
// Inside it, each request of a client begins and ends what belongs to a request (served_request.h),
// and what it has changed besides is put back (boot_state.h).
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

  explicit ScriptLoop(const Parts& parts) : parts_(parts), boot_(parts.scripts) {
    if (parts.doctor.on) doctor_ = std::make_unique<doctor::ResidentDoctor>(parts.doctor);
  }
  ScriptLoop(const ScriptLoop&) = delete;
  ScriptLoop& operator=(const ScriptLoop&) = delete;

  // Runs the script once.
  exec::ScriptEnd run(exec::RequestFeed& feed) noexcept;

  // The calling thread's, while its script runs. Null: the script is not a resident one.
  static ScriptLoop* current() noexcept { return current_; }

  // --- for tusk_handle_request() ---
  // The function runs already: it must not be called by what runs inside it, be it the handler, or
  // a callback of what ends a request or a boot.
  bool is_handling() const { return handling_; }
  // Waits for a request and has it answered by the function. False: the script is to end. PHP may
  // leave it by longjmp.
  bool handle(zend_fcall_info& call, zend_fcall_info_cache& function) {
    handling_ = true;
    const bool goes_on = handle_one(call, function);
    handling_ = false;
    return goes_on;
  }

 private:
  enum class Stage : std::uint8_t {
    kBooting,
    kServing,  // a request of a client
    kBetween,  // two of them, or after the last
    kEnding,   // handle() has returned false
  };

  bool handle_one(zend_fcall_info& call, zend_fcall_info_cache& function);
  bool start();
  exec::ScriptEnd end(bool started) noexcept;
  void end_boot();
  void begin_between(ScriptLife life);
  void begin_request();
  void call_handler(zend_fcall_info& call, zend_fcall_info_cache& function);
  void end_request();
  void settle_after_bailout() noexcept;
  void measure_cpu(base::Duration before) noexcept;
  const char* boot_error() const;

  const Parts parts_;
  BootRequest boot_;
  BootState state_;
  SessionModule session_;
  std::unique_ptr<doctor::ResidentDoctor> doctor_;  // null: resident_doctor is off
  exec::RequestFeed* feed_ = nullptr;               // while it runs, like all below
  Stage stage_ = Stage::kBooting;
  bool handling_ = false;
  HashTable* shutdown_functions_ = nullptr;  // the boot's, while a request is served
  base::Duration cpu_before_{};

  static inline constinit thread_local ScriptLoop* current_ = nullptr;
};

}  // namespace tusk::php::resident
