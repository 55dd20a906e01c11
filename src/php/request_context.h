// RequestContext: the data that SAPI callbacks use of the request that their thread runs.
//
// Owner and thread: one executor, one worker.
#pragma once

#include <cstdint>
#include <string>

#include "exec/executor.h"
#include "exec/job.h"
#include "exec/reply.h"
#include "php/sapi/user_ini.h"

namespace tusk::php {

// The phase of the script that runs.
enum class ScriptLife : std::uint8_t {
  kOneRequest,  // the script answers one request and ends
  kBoot,        // a resident script begins: the request is made up, and nobody sees the response
  kWarmUp,      // it answers requests of warm_up, or is between them: as for kBoot
  kServes,      // a resident script answers a request, and goes on
  kBetween,     // a resident script runs between two requests: as for kBoot
};

// SG(server_context) points to it from before php_request_startup() until after
// php_request_shutdown(). It is NULL outside (preload, module start-up): callbacks check.
struct RequestContext {
  const exec::Job* job = nullptr;
  exec::Reply* reply = nullptr;

  std::uint64_t body_read = 0;    // how much of the body PHP has read
  bool head_built = false;        // send_headers was called
  bool fatal_error = false;       // an error ended the script
  bool timed_out = false;         // REQUEST_TIMEOUT ended it
  bool script_timed_out = false;  // max_execution_time ended it
  bool handler_ended = false;     // a resident script's; what follows cannot be unwound
  int refused_status = 0;         // not 0: the script's file cannot be opened (script_file.h)
  bool has_asked = false;         // the script has called tusk_next_request()
  bool muted = false;             // there is no response: in a forked child it is the parent's

  // NUL-terminated copies of what PHP keeps pointers to until the request ends. One buffer, which
  // is recycled; it is filled completely before any pointer into it is taken.
  std::string c_strings;

  sapi::UserIni user_ini;

  // How the executor's scripts run; null: no pool says anything about it.
  const exec::PoolScripts* scripts = nullptr;
  ScriptLife life = ScriptLife::kOneRequest;
  bool boots_again = false;  // the last boot has failed, and its errors are in the log
  std::string boot_error;    // the message of the error that ended the boot; empty: none did

  // Buffers in which texts for PHP are built: PHP may leave the function that does it by longjmp,
  // which would leak a local string.
  std::string name_buffer;
  std::string value_buffer;

  http::ResponseHead interim;  // an interim response, while it is built

  bool is_resident() const { return life != ScriptLife::kOneRequest; }

  void begin(const exec::Job& new_job, exec::Reply& new_reply) {
    job = &new_job;
    reply = &new_reply;
    body_read = 0;
    head_built = false;
    fatal_error = false;
    timed_out = false;
    script_timed_out = false;
    handler_ended = false;
    refused_status = 0;
    has_asked = false;
    muted = false;
    c_strings.clear();
  }
};

}  // namespace tusk::php
