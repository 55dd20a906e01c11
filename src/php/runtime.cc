#include "php/runtime.h"

#include <algorithm>
#include <string_view>

#include "observe/log.h"
#include "php/compatibility/thread_globals.h"
#include "php/descriptors/record_locks.h"
#include "php/ini.h"
#include "php/libc/process_environment.h"
#include "php/library/icu_defaults.h"
#include "php/library/library_guard.h"
#include "php/library/orphans.h"
#include "php/opcache/opcache_lock.h"
#include "php/opcache/preload_start.h"
#include "php/opcache/shared_code.h"
#include "php/opcache/shared_lock.h"
#include "php/preload/automatic_preload.h"
#include "php/process/start_children.h"
#include "php/request_run.h"
#include "php/sapi/environment.h"
#include "php/sapi/info.h"
#include "php/sapi/sapi_module.h"
#include "php/sapi/sapi_name.h"
#include "php/sapi/server_variables.h"
#include "php/sqlite/connections.h"
#include "php/zend.h"

// Exported by main/php_ini.c without a header; PHP's own SAPIs declare them like this.
extern "C" {
extern char* php_ini_opened_path;
extern char* php_ini_scanned_path;
extern char* php_ini_scanned_files;
}

namespace tusk::php {

namespace {

using namespace compatibility;

bool is_started = false;

bool opcache_is_on() {
  return zend_get_extension("Zend OPcache") != nullptr && ini_is_on("opcache.enable");
}

// OPcache's file cache and JIT look handlers up in a table that the first user fills without a lock
// (init_opcode_serialiser() in Zend/zend_vm_execute.h): a second thread would read a half-filled
// table. So it is filled before there are threads.
void fill_opcode_handler_table() {
  zend_op nop{};
  zend_vm_set_opcode_handler(&nop);
  zend_serialize_opcode_handler(&nop);
}

}  // namespace

base::Result<std::unique_ptr<Runtime>> Runtime::start(const Settings& settings) {
  std::unique_ptr<Runtime> runtime;
  const preload::StartPhp start_php = [&](preload::Arrangement arrangement, const auto& then) {
    runtime.reset(new Runtime());
    const preload::GeneratedScript script(std::move(arrangement));
    const base::Result<void> started = runtime->start_modules(settings);
    if (started) then(*runtime, script);
    return started;
  };
  preload::AutomaticPreload automatic(settings);
  preload::Arrangement arrangement = automatic.prepare(start_php);
  const base::Result<void> started = start_php(
      std::move(arrangement), [&](const Runtime& runs, const preload::GeneratedScript& script) {
        automatic.after_start(script, runs.opcache_enabled());
      });
  if (!started) return std::unexpected(started.error());
  return runtime;
}

base::Result<void> Runtime::start_modules(const Settings& settings) {
  ini_path_ = settings.ini_path;
  ini_entries_ = ini_entries(settings.directives);

  prepare_stack_defaults(settings.stack_bytes);
  libc::capture_process_environment();
  sapi::prepare_info(settings);
  sqlite::configure_sqlite();
  sapi::choose_sapi_name(settings.sapi_name);
  sapi::choose_server_software(settings.server_software);
  if (!start_thread_globals(settings.threads + 1))
    return base::fail("PHP: cannot start its thread manager");
  zend_signal_startup();
  sapi_module_struct& module = sapi::sapi_module_instance();
  sapi_startup(&module);
  sapi::install_environment_import();
  // After sapi_startup(), which sets it to NULL.
  module.ini_entries = ini_entries_.data();
  if (!ini_path_.empty()) module.php_ini_path_override = ini_path_.data();
  const opcache::PreloadStart preload;
  const process::StartChildren children;
  if (module.startup(&module) == FAILURE) {
    const std::string failure = preload.failure();
    sapi_shutdown();
    end_thread_globals();
    return base::fail(failure.empty() ? "PHP: module start-up failed; PHP's message is on stderr"
                                      : failure);
  }
  leave_start_thread();
  install_error_observer();
  library::fix_icu_defaults();
  library::LibraryGuard::install();
  started_ = is_started = true;
  opcache_enabled_ = opcache_is_on();
  return opcache_enabled_ ? guard_opcache(settings) : base::Result<void>();
}

base::Result<void> Runtime::guard_opcache(const Settings& settings) {
  // Since 8.5 OPcache is a part of libphp and calls tusk's fcntl(): its locks stay the process's.
  descriptors::record_locks::leave_to_libc(
      opcache::OpcacheLock::find_files(ini_value("opcache.lockfile_path")));
  // Processes share OPcache as PHP-FPM's do, by its own locks.
  if (settings.process == ProcessKind::kHost) {
    opcache::SharedLock::find();
    look_at_shared_cache();
    if (!ini_is_on("opcache.file_cache_only")) opcache::SharedCode::keep_own_strings();
    return {};
  }
  // It makes memory read-only that other threads are writing to.
  if (kIsThreadSafe && ini_is_on("opcache.protect_memory")) {
    return base::fail("PHP: opcache.protect_memory does not work with threads: turn it off");
  }
  // One thread needs no more than what OPcache does between processes.
  if (!kIsThreadSafe) return {};
  fill_opcode_handler_table();
  // Without shared memory there is nothing to restart.
  if (ini_is_on("opcache.file_cache_only")) return {};
  opcache::SharedCode::install();
  base::Result<std::unique_ptr<opcache::OpcacheRestart>> restart =
      opcache::OpcacheRestart::start(settings.opcache_restart_timeout);
  if (restart) {
    opcache_restart_ = std::move(*restart);
  } else {
    observe::error("cannot make restarts of OPcache safe", {{"reason", restart.error().message}});
  }
  return {};
}

void Runtime::look_at_shared_cache() {
  if (ini_is_on("opcache.file_cache_only")) return;
  base::Result<opcache::CacheMemory> found = opcache::CacheMemory::find();
  if (found) {
    shared_cache_ = *found;
  } else {
    observe::info("the metrics of OPcache stay zero", {{"reason", found.error().message}});
  }
}

observe::OpcacheState Runtime::code_cache() {
  if (shared_cache_) return shared_cache_->state();
  return opcache_restart_ ? opcache_restart_->state() : observe::OpcacheState();
}

Runtime::~Runtime() {
  opcache_restart_.reset();
  if (!started_) return;
  is_started = false;
  php_module_shutdown();
  sapi_shutdown();
  end_thread_globals();
}

IniFiles Runtime::ini_files() {
  IniFiles files;
  if (php_ini_opened_path != nullptr) files.loaded = php_ini_opened_path;
  // "a.ini,\nb.ini\n"
  std::string_view rest = php_ini_scanned_files != nullptr ? php_ini_scanned_files : "";
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view file = rest.substr(0, end);
    if (file.ends_with(',')) file.remove_suffix(1);
    if (!file.empty()) files.scanned.emplace_back(file);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  // "/etc/php/conf.d:/srv/conf.d"
  rest = php_ini_scanned_path != nullptr ? php_ini_scanned_path : "";
  while (!rest.empty()) {
    const std::string_view directory = rest.substr(0, rest.find(ZEND_PATHS_SEPARATOR));
    if (!directory.empty()) files.directories.emplace_back(directory);
    rest.remove_prefix(std::min(directory.size() + 1, rest.size()));
  }
  return files;
}

std::string Runtime::version() {
  const char* const loaded = is_started ? zend_get_module_version("standard") : nullptr;
  return loaded != nullptr ? loaded : PHP_VERSION;
}

std::string Runtime::description() { return "PHP " + version() + " " + kThreadSafety; }

PhpThread::PhpThread(Runtime& runtime) : restart_(runtime.opcache_restart()) {
  // A new thread copies what a restart changes: preloaded classes, interned strings.
  if (restart_ != nullptr) visitor_.emplace(restart_->gate());
  take_globals();
  if (visitor_) visitor_->leave();
}

PhpThread::~PhpThread() {
  if (visitor_) {
    if (!visitor_->inside()) visitor_->join();
    // The cache of regular expressions has keys in OPcache's memory, which a restart has freed.
    // OPcache removes them when the thread's next request starts (accel_reset_pcre_cache()).
    if (visitor_->missed_restart()) (void)run_empty_request();
  }
  free_globals();
  library::close_sockets_left(script_);
}

bool PhpThread::begin_request() noexcept {
  script_.begin_request();
  if (!visitor_) return true;
  if (visitor_->enter() == opcache::RestartGate::Entry::kAlone) return restart_->run(*visitor_);
  const bool restarted = visitor_->missed_restart();
  opcache::SharedCode::begin_request(restarted);
  // Run a request without a .user.ini first, because a .user.ini may turn OPcache off: then it does
  // not clean up after a restart (accel_reset_pcre_cache()), and stale keys would be used.
  return !restarted || run_empty_request();
}

void PhpThread::end_request() noexcept {
  if (!visitor_) return;
  opcache::SharedCode::end_request();
  visitor_->leave();
}

void PhpThread::use_document_root(std::uint64_t generation) noexcept {
  if (generation == root_generation_) return;
  // When a thread gets its first root, the cache is empty.
  if (root_generation_ != 0) realpath_cache_clean();
  root_generation_ = generation;
}

}  // namespace tusk::php
