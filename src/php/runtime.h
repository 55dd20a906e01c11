// Runtime: PHP's state in this process.
//
// Owner: the NativeEngine. Thread: main.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "exec/executor.h"
#include "php/facts.h"
#include "php/opcache/cache_memory.h"
#include "php/opcache/opcache_restart.h"
#include "php/opcache/restart_gate.h"
#include "php/preload/generated_script.h"
#include "php/script_thread.h"
#include "php/settings.h"

namespace tusk::php {

// PHP in this process: its thread-safe resource manager, ini, extensions and OPcache. There is at
// most one Runtime in a process.
//
// Every worker must have ended its PhpThread before the Runtime ends. If one cannot, leave the
// process by _exit() instead.
class Runtime {
 public:
  // PHP's messages about its ini go to the log.
  static base::Result<std::unique_ptr<Runtime>> start(const Settings& settings);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // The version of libphp, once it is started: it may be newer than the headers that tusk was built
  // with.
  static std::string version();      // "8.4.1"
  static std::string description();  // "PHP 8.4.1 ZTS"
  static IniFiles ini_files();       // once it is started
  bool opcache_enabled() const { return opcache_enabled_; }
  opcache::OpcacheRestart* opcache_restart() {
    return opcache_restart_.get();
  }  // null: none ever happens
  observe::OpcacheState code_cache();

 private:
  Runtime() = default;
  base::Result<void> start_modules(const Settings& settings);
  base::Result<void> guard_opcache(const Settings& settings);
  void look_at_shared_cache();

  std::string ini_path_;  // PHP keeps pointers to both
  std::string ini_entries_;
  bool started_ = false;
  bool opcache_enabled_ = false;
  std::unique_ptr<opcache::OpcacheRestart> opcache_restart_;
  std::optional<opcache::CacheMemory> shared_cache_;  // of a PHP host and its workers
};

// A thread's PHP globals, from construction to destruction. Used on that thread.
class PhpThread {
 public:
  explicit PhpThread(Runtime& runtime);
  ~PhpThread();
  PhpThread(const PhpThread&) = delete;
  PhpThread& operator=(const PhpThread&) = delete;

  // Call these around each request. begin_request() may wait, and may have OPcache restart. False:
  // this thread's PHP state must not be used again. After a broken request do not call
  // end_request(): the thread stays inside the gate, so OPcache cannot restart before its globals
  // are freed.
  bool begin_request() noexcept;
  void end_request() noexcept;
  // How long this thread's request has delayed a restart of OPcache. Any thread, while it runs.
  std::optional<base::Duration> restart_delay() const {
    return visitor_ ? visitor_->gate().delay_by(*visitor_) : std::nullopt;
  }
  // Call this when the request is ended because it delays a restart. Any thread, while it runs.
  void skip_restart_pause() {
    if (visitor_) visitor_->gate().skip_pause();
  }
  // The thread has stopped inside its request: no restart waits for it any more. Any other thread.
  void leave_for_ever() {
    if (visitor_) visitor_->gate().leave_for_ever(*visitor_);
  }
  // Whether begin_request() may have waited for a restart of OPcache.
  bool was_held() const noexcept { return visitor_ && visitor_->held(); }

  // Clears PHP's cache of paths if the document root has changed since the last call.
  void use_document_root(std::uint64_t generation) noexcept;

  ScriptThread& script() { return script_; }

 private:
  ScriptThread script_;
  std::uint64_t root_generation_ = 0;
  opcache::OpcacheRestart* restart_;
  std::optional<opcache::RestartGate::Visitor> visitor_;  // with restart_ only
};

}  // namespace tusk::php
