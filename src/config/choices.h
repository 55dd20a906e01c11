// The values of options of type kChoice. Folders above config/ use these types as they are, so that
// each enumeration exists once; those that observe/ needs too, which does not know config/, are in
// base/.
//
// Thread: any; values.
#pragma once

#include "base/log_level.h"
#include "base/tls_version.h"

namespace tusk::config {

using base::LogFormat;
using base::LogLevel;
using base::PriorityPrefix;
using base::TlsVersion;

enum class Executor { kExt, kPhp, kStub };

// What the workers are.
enum class WorkerKind { kAutomatic, kThreads, kProcesses };

// What PHP preloads if opcache.preload names no script: nothing, or what requests use.
enum class Preload { kOff, kAuto };

// What the script of a pool keeps from one request to the next.
enum class ScriptMode {
  kResident,  // all that it does not put back itself
  kRewind,    // nothing: its worker process goes back to the end of the boot
};

enum class SapiName {
  kFpmFcgi,
  kCliServer,
  kApache2handler,
  kCgiFcgi,
  kLitespeed,
  kFrankenphp,
  kUwsgi,
  kNgxPhp,
  kTusk
};

enum class Preset { kNone, kWordpress, kLaravel, kSymfony, kDrupal, kMediawiki, kDokuwiki, kSpa };

// The symbolic links below a root that are followed.
enum class SymbolicLinks {
  kFollow,   // all: deployments, and Laravel's `storage`, which leads out of the root
  kBeneath,  // those that stay below the root, which an absolute one never does
  kRefuse,   // none: what lies behind one is not found
};

enum class HttpsRedirect { kOff, k301, k308 };

// TraceContext says whose `traceparent` a request's trace continues.
enum class TraceContext {
  kAuto,     // anyone's, if spans are exported (otlp_endpoint); otherwise kOff
  kOn,       // anyone's
  kTrusted,  // that of trusted proxies; others begin a new trace
  kOff,      // the fields are passed on as they came
};

enum class TlsClientAuth {
  kOff,
  kOptional,  // asked for; an invalid one ends the handshake, none does not
  kRequired,
};

}  // namespace tusk::config
