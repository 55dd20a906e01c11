// BootState: what PHP keeps for a thread or a request and a handler can change. What the boot of a
// resident script has set stays, what a request sets goes; the first requests may belong to the
// boot. docs/resident-state.md lists the kinds
// of state; superglobals, output, headers and the session are not among those that are put back
// here.
//
// Owner: the resident script's loop. Thread: its worker.
#pragma once

#include "php/resident/state/default_context.h"
#include "php/resident/state/error_handlers.h"
#include "php/resident/state/ini_entries.h"
#include "php/resident/state/module_state.h"
#include "php/resident/state/retired_values.h"
#include "php/resident/state/standard_state.h"
#include "php/resident/state/stream_filters.h"
#include "php/resident/state/stream_wrappers.h"
#include "php/resident/state/watched_settings.h"
#include "php/zend.h"

namespace tusk::php::resident {

// A request that has changed nothing costs a comparison for each kind of state: no system call, no
// call of a PHP function, no walk over what the application has.
class BootState {
 public:
  BootState() = default;
  ~BootState() = default;
  BootState(const BootState&) = delete;
  BootState& operator=(const BootState&) = delete;

  // The script asks for its first request: remembers what the boot has set. False: PHP bailed out,
  // and nothing is remembered.
  bool take() noexcept;
  // The same after a request that belongs to the boot, where put_back() is called after others.
  void renew() noexcept;
  // A request has ended, its session, output and shutdown functions too, and the next has not been
  // activated (sapi_activate()): goes back to what take() has remembered. The destructors of
  // objects that only a handler held run here.
  // A bailout does not leave this function: bailout::BailoutRecord tells of it, and the
  // script must end.
  void put_back() noexcept;
  // The script's life ends and php_request_shutdown() follows: releases what is held. Does nothing
  // if take() was not called.
  void forget() noexcept;

 private:
  void renew_all();
  bool put_back_once();
  void put_back_all();

  bool taken_ = false;
  state::IniEntries ini_;
  state::ErrorHandlers handlers_;
  state::StandardState standard_;
  state::StreamWrappers wrappers_;
  state::StreamFilters filters_;
  state::DefaultContext context_;
  state::ModuleState modules_;
  state::WatchedSettings settings_;
  state::RetiredValues retired_;
};

// Makes BootState learn of changes that nothing else shows. Main, while modules start.
void watch_settings() noexcept;

}  // namespace tusk::php::resident
