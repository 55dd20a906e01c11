// ModuleState: what the extensions keep, as the boot of a resident script has left it, and what
// they remember of the last call, which is forgotten.
//
// Owner: BootState. Thread: the worker.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "php/resident/state/module_globals.h"
#include "php/resident/state/retired_values.h"
#include "php/resident/state/signal_handlers.h"

namespace tusk::php::resident::state {

class ModuleState {
 public:
  void take();
  void retire(RetiredValues& retired);  // take() follows
  bool put_back();                      // true: it has released a value
  void forget();

 private:
  void find_modules();
  void put_back_date();
  bool put_back_libxml();
  void put_back_multibyte();
  void put_back_mysqli() const;
  void forget_last_errors() const;
  void run_request_functions() const;

  // Null where the extension is absent.
  DateGlobals* date_ = nullptr;
  JsonGlobals* json_ = nullptr;
  LibxmlGlobals* libxml_ = nullptr;
  MbstringGlobals* mbstring_ = nullptr;
  MysqliGlobals* mysqli_ = nullptr;
  OpensslGlobals* openssl_ = nullptr;
  PcreGlobals* pcre_ = nullptr;
  PosixGlobals* posix_ = nullptr;
  SocketsGlobals* sockets_ = nullptr;

  // Extensions whose own function at a request's start or end does nothing but what is wanted here.
  std::vector<zend_module_entry*> started_anew_;
  std::vector<zend_module_entry*> ended_;

  char* time_zone_ = nullptr;  // PHP's memory; null: that of php.ini
  zval libxml_context_;
  bool entity_loader_disabled_ = false;
  std::int64_t mysqli_report_ = 0;
  SignalHandlers signals_;

  struct Multibyte {
    const void* internal = nullptr;
    const void* http_output = nullptr;
    std::vector<const void*> detect_order;
    int illegal_mode = 0;
    std::uint32_t illegal_substitute = 0;
    bool internal_set = false;
    bool http_output_set = false;
  };
  Multibyte multibyte_;
};

}  // namespace tusk::php::resident::state
