#include "php/resident/boot_state.h"

#include <cstring>
#include <string_view>

#include "base/process/ended_children.h"
#include "php/resident/state/function_call.h"
#include "php/script_thread.h"

namespace tusk::php::resident {

namespace {

// A destructor has thrown, and there is no handler left that could catch it.
void report_exception() {
  if (EG(exception) == nullptr) return;
  if (zend_is_unwind_exit(EG(exception)) || zend_is_graceful_exit(EG(exception))) {
    zend_clear_exception();
  } else {
    zend_exception_error(EG(exception), E_WARNING);
  }
}

// The stream of popen() has no name.
bool is_pipe(const zend_resource& resource) {
  if (resource.type != php_file_le_stream() && resource.type != php_file_le_pstream()) return false;
  const auto* const stream = static_cast<const php_stream*>(resource.ptr);
  return stream != nullptr && stream->orig_path == nullptr &&
         std::string_view(stream->ops->label) == "STDIO";
}

// Whether the application still has a process of proc_open() or popen(), and may ask for its exit
// status. Looked at only after requests in whose script processes were started.
bool holds_processes() {
  void* element = nullptr;
  ZEND_HASH_FOREACH_PTR(&EG(regular_list), element) {
    auto* const resource = static_cast<zend_resource*>(element);
    const char* const type = zend_rsrc_list_get_rsrc_type(resource);
    if (type != nullptr && std::strcmp(type, "process") == 0) return true;
    if (is_pipe(*resource)) return true;
  }
  ZEND_HASH_FOREACH_END();
  return false;
}

// A bailout ends only this.
template <class Forget>
void guarded(Forget forget) noexcept {
  zend_try { forget(); }
  zend_end_try();
}

}  // namespace

bool BootState::take() noexcept {
  volatile bool taken = false;
  zend_try {
    ini_.take();
    handlers_.take();
    standard_.take();
    wrappers_.take();
    filters_.take();
    context_.take();
    modules_.take();
    settings_.take();
    taken = true;
  }
  zend_end_try();
  taken_ = taken;
  if (!taken_) guarded([this] { settings_.forget(); });
  if (ScriptThread* const thread = ScriptThread::current(); taken_ && thread != nullptr)
    thread->keep_boot();
  return taken_;
}

void BootState::renew_all() {
  ini_.renew();
  handlers_.retire(retired_);
  handlers_.take();
  standard_.renew();
  wrappers_.renew();
  context_.retire(retired_);
  context_.take();
  modules_.retire(retired_);
  modules_.take();
  settings_.retire(retired_);
  settings_.take();
}

// What belongs to a request alone goes: put_back() finds nothing else that has changed.
void BootState::renew() noexcept {
  if (!taken_) return;
  zend_try { renew_all(); }
  zend_end_try();
  if (ScriptThread* const thread = ScriptThread::current()) thread->keep_boot();
  put_back();
}

// The entries of php.ini come first: to change them changes what the modules derive from them. The
// handlers go before what may report an error, so that a request's handler gets none.
//
// Returns whether a value was released, and so whether a destructor may have run.
bool BootState::put_back_once() {
  ini_.put_back();
  bool released = handlers_.put_back();
  report_exception();
  wrappers_.put_back();
  filters_.request_ended();
  released = context_.put_back() || released;
  released = settings_.put_back() || released;
  released = modules_.put_back() || released;
  released = standard_.put_back() || released;
  report_exception();
  return released;
}

// A destructor that runs meanwhile, of an object that only a handler of the request held, may
// change anything: then everything is looked at once more. If that goes on and on, the rest stays
// for the next request's end.
void BootState::put_back_all() {
  constexpr int kMostRounds = 4;
  for (int round = 0; round < kMostRounds; ++round) {
    if (!put_back_once()) break;
  }
  handlers_.forget_last_error();
  // A lower limit than what the request still held was refused.
  zend_set_memory_limit(static_cast<std::size_t>(PG(memory_limit)));
  zend_memory_reset_peak_usage();
}

void BootState::put_back() noexcept {
  if (!taken_) return;
  zend_try { put_back_all(); }
  zend_end_try();
  ScriptThread* const thread = ScriptThread::current();
  if (thread != nullptr) {
    thread->put_back_boot();
    if (thread->has_children && !holds_processes())
      thread->has_children = base::process::reap_children();
  }
  // After setlocale() has been undone: PHP keeps what it has learned of the locale.
  standard_.notice_locale();
}

// The settings come first: their functions must find nothing of a script that is over. A bailout in
// one part, by a destructor, does not keep the others.
void BootState::forget() noexcept {
  if (!taken_) return;
  taken_ = false;
  guarded([this] { settings_.forget(); });
  guarded([this] { ini_.forget(); });
  guarded([this] { handlers_.forget(); });
  guarded([this] { wrappers_.forget(); });
  guarded([this] { filters_.forget(); });
  guarded([this] { context_.forget(); });
  guarded([this] { modules_.forget(); });
  guarded([this] { standard_.forget(); });
  guarded([this] { retired_.release(); });
}

void watch_settings() noexcept {
  state::WatchedSettings::install();
  state::StreamWrappers::install();
  state::StreamFilters::install();
  state::keep_called_functions();
}

}  // namespace tusk::php::resident
