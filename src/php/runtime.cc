#include "php/runtime.h"

#include <algorithm>
#include <string_view>

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
  // After sapi_startup(), which sets it to NULL.
  module.ini_entries = runtime->ini_entries_.c_str();
  if (!runtime->ini_path_.empty()) module.php_ini_path_override = runtime->ini_path_.data();
  if (module.startup(&module) == FAILURE) {
    sapi_shutdown();
    tsrm_shutdown();
    return base::fail("PHP: module start-up failed");
  }
  watch_fatal_errors();
  runtime->opcache_enabled_ = opcache_is_on();
  return runtime;
}

Runtime::~Runtime() {
  php_module_shutdown();
  sapi_shutdown();
  tsrm_shutdown();
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
  return files;
}

std::string Runtime::version() { return PHP_VERSION; }

PhpThread::PhpThread() {
  ts_resource(0);
  ZEND_TSRMLS_CACHE_UPDATE();
}

PhpThread::~PhpThread() { ts_free_thread(); }

}  // namespace tusk::php
