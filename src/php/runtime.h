// Runtime: PHP in this process: thread-safe resource manager, ini, extensions, OPcache.
//
// Owner: the app; at most one in a process. Thread: main. Every worker must have ended its
// PhpThread before the Runtime ends; where one could not, leave the process by _exit() instead.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/settings.h"

namespace tusk::php {

// The configuration files that PHP has read.
struct IniFiles {
  std::string loaded;  // php.ini; empty: none
  std::vector<std::string> scanned;
};

class Runtime {
 public:
  // Starts PHP for `threads` threads. What PHP has to say about its ini goes to the log.
  static base::Result<std::unique_ptr<Runtime>> start(const config::Settings& settings,
                                                      int threads);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  static std::string version();  // "8.4.1"
  static IniFiles ini_files();   // once it is started
  bool opcache_enabled() const { return opcache_enabled_; }

 private:
  Runtime() = default;
  std::string ini_path_;  // PHP keeps pointers to both
  std::string ini_entries_;
  bool opcache_enabled_ = false;
};

// A thread's PHP globals, from construction to destruction. On the thread itself.
class PhpThread {
 public:
  PhpThread();
  ~PhpThread();
  PhpThread(const PhpThread&) = delete;
  PhpThread& operator=(const PhpThread&) = delete;
};

}  // namespace tusk::php
