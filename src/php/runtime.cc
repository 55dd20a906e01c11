#include "php/runtime.h"

#include "observe/log.h"
#include "php/environment.h"
#include "php/info.h"
#include "php/ini.h"
#include "php/process_environment.h"
#include "php/request_run.h"
#include "php/sapi_module.h"
#include "php/zend.h"

ZEND_TSRMLS_CACHE_DEFINE()

// Exported by main/php_ini.c and in none of its headers; PHP's own SAPIs declare them like this.
extern "C" {
extern char* php_ini_opened_path;
extern char* php_ini_scanned_files;
}

namespace tusk::php {

namespace {

bool opcache_is_on() {
  return zend_get_extension("Zend OPcache") != nullptr &&
         zend_ini_long("opcache.enable", sizeof("opcache.enable") - 1, 0) != 0;
}

// One line, since scripts behave as these files say. PHP lists the scanned ones over many lines.
void log_ini_files() {
  std::string scanned;
  for (const char* at = php_ini_scanned_files; at != nullptr && *at != '\0'; ++at) {
    if (*at == '\n') continue;
    scanned.push_back(*at);
    if (*at == ',') scanned.push_back(' ');
  }
  if (scanned.empty()) scanned = "none";
  const std::string_view loaded = php_ini_opened_path != nullptr ? php_ini_opened_path : "none";
  observe::info("PHP's configuration files", {{"php_ini", loaded}, {"scanned", scanned}});
}

}  // namespace

base::Result<std::unique_ptr<Runtime>> Runtime::start(const config::Settings& settings,
                                                      int threads) {
  std::unique_ptr<Runtime> runtime(new Runtime());
  runtime->ini_path_ = settings.php_ini;
  runtime->ini_entries_ = ini_entries(settings.php);

  capture_process_environment();
  prepare_info(settings);
  if (!php_tsrm_startup_ex(threads + 1)) return base::fail("PHP: cannot start its thread manager");
  ZEND_TSRMLS_CACHE_UPDATE();
  zend_signal_startup();
  sapi_module_struct& module = sapi_module_instance();
  sapi_startup(&module);
  watch_environment();
  // After sapi_startup(), which sets it to NULL.
  module.ini_entries = runtime->ini_entries_.c_str();
  if (!runtime->ini_path_.empty()) module.php_ini_path_override = runtime->ini_path_.data();
  if (module.startup(&module) == FAILURE) {
    sapi_shutdown();
    tsrm_shutdown();
    return base::fail("PHP: module start-up failed");
  }
  watch_fatal_errors();
  runtime->started_ = true;
  log_ini_files();
  runtime->opcache_enabled_ = opcache_is_on();
  return runtime;
}

Runtime::~Runtime() {
  if (!started_) return;
  php_module_shutdown();
  sapi_shutdown();
  tsrm_shutdown();
}

std::string Runtime::version() { return PHP_VERSION; }

PhpThread::PhpThread() {
  ts_resource(0);
  ZEND_TSRMLS_CACHE_UPDATE();
}

PhpThread::~PhpThread() { ts_free_thread(); }

}  // namespace tusk::php
