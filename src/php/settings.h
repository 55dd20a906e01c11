// Settings: the settings of PHP.
//
// Thread: any; a value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/php_directive.h"

namespace tusk::php {

// The kind of process that PHP runs in.
enum class ProcessKind {
  kServer,  // the server: scripts run on threads beside each other
  kHost,    // a PHP host: scripts run in processes that it forks, one after the other in each
};

// How a script is run.
enum class Method {
  kExecute,   // by php_execute_script()
  kEvaluate,  // its text by zend_eval_stringl()
};

// The limit of a request is its pool's: exec::PoolScripts::request_limit.
struct TimeLimitSettings {
  base::Duration sse{};
  base::Duration force_restart{};  // how long a script may delay OPcache's restart; 0: for ever
};

// How resident scripts are examined (php/resident/doctor/).
struct DoctorSettings {
  bool on = false;
  // The first requests of a script's life, which are only what later ones are compared with.
  std::uint64_t warm_up = 1;
  // Requests that come in turns, of different pages perhaps: what grows is looked at after each
  // round.
  std::uint64_t round = 1;
};

// What PHP preloads by itself (option preload).
struct PreloadSettings {
  // The file of a PreloadList (php/preload/list/); empty: nothing is recorded and preloaded.
  std::string list_file;
};

// A row of tusk's section in phpinfo().
struct InfoRow {
  std::string name;
  std::string value;  // empty: shown as "none"
};

// The settings that PHP is started with. They need no header of PHP's, so that the code that makes
// them can be built without libphp.
struct Settings {
  ProcessKind process = ProcessKind::kServer;
  int threads = 1;  // that run scripts
  Method method = Method::kExecute;
  std::uint64_t stack_bytes = 0;  // of each of these threads

  std::string ini_path;  // php.ini, or a directory with one; empty: where PHP looks for it
  std::vector<config::PhpDirective> directives;
  std::string sapi_name;        // the value of PHP_SAPI in scripts
  std::string server_software;  // of SERVER_SOFTWARE; empty: tusk's own
  TimeLimitSettings limits;
  base::Duration opcache_restart_timeout{};
  DoctorSettings doctor{};
  PreloadSettings preload{};
  std::vector<InfoRow> info;

  // Values that a review of PHP's ini compares with.
  std::string document_root;
  std::uint64_t request_body_bytes = 0;
};

}  // namespace tusk::php
