// ScriptThread: a thread that runs scripts, as libc's functions see it.
//
// Owner: the PhpThread. Thread: its worker.
#pragma once

#include <string>
#include <string_view>

#include "php/bailout/bailout_record.h"
#include "php/descriptors/descriptor_ledger.h"
#include "php/libc/environment_overlay.h"
#include "php/libc/message_catalogs.h"
#include "php/libc/system_log.h"
#include "php/libc/thread_attributes.h"
#include "php/libc/thread_locale.h"
#include "php/library/ldap_options.h"
#include "php/process/signal_record.h"
#include "php/sqlite/connections.h"

namespace tusk::php {

// State that C gives to the process and that a thread running scripts has of its own: environment,
// locale, signals, niceness, child processes, descriptors. Our replacements of libc's functions
// (php/libc/libc_function.h) use it, and behave as libc's on threads that have none.
class ScriptThread {
 public:
  ScriptThread();
  ~ScriptThread();
  ScriptThread(const ScriptThread&) = delete;
  ScriptThread& operator=(const ScriptThread&) = delete;

  // The calling thread's. Null where no scripts run, and in a process that a script forked: there
  // the process belongs to the script.
  static ScriptThread* current() noexcept { return current_; }
  static void detach() noexcept { current_ = nullptr; }

  // While it lives, the program acts for itself on the calling thread, in the midst of a script:
  // the functions of libc behave as libc's.
  class Pause {
   public:
    Pause() noexcept : thread_(current_) { current_ = nullptr; }
    ~Pause() { current_ = thread_; }
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    ScriptThread* const thread_;
  };

  void begin_request() noexcept {
    descriptors.begin_request();
    bailout = {};
  }
  // Discards what the request's script has changed. Costs nothing if it has changed nothing.
  void end_request() noexcept;

  // A resident script's boot has ended: what it has set stays until end_request().
  void keep_boot() noexcept;
  // One of its requests has ended: discards what that has set. Costs nothing if it has set nothing.
  void put_back_boot() noexcept;

  // Changes the thread's own directory, not PHP's (php/libc/working_directory.h).
  void enter_directory(std::string_view directory) noexcept;

  libc::EnvironmentOverlay environment;
  libc::ThreadLocale locale;
  process::SignalRecord signals;
  libc::ThreadAttributes attributes;
  libc::SystemLog system_log;
  libc::MessageCatalogs messages;
  library::LdapOptions ldap;
  descriptors::DescriptorLedger descriptors;
  sqlite::SqliteConnections sqlite;
  bailout::BailoutRecord bailout;
  bool has_children = false;      // that may have to be waited for
  bool has_sockets_left = false;  // of its last request, to be closed when its PHP has ended

 private:
  bool has_own_directory_;  // and umask
  std::string directory_;   // empty: unknown
  static inline constinit thread_local ScriptThread* current_ = nullptr;
};

}  // namespace tusk::php
